// `npm run caption -- photo.jpg`: prints captions of photos, one after the other, without a server; with
// `--html` it fills the alt attributes of pages.
import { availableParallelism } from 'node:os';
import { type CaptionArguments, parseArguments, UsageError, usage } from './arguments.ts';
import { type Captioner, createCaptioner } from './captioner.ts';
import { findPhotos } from './find-photos.ts';
import { captionPages, pagesToCaption } from './html/caption-pages.ts';
import { createProgress } from './progress.ts';

/** Photos that are read while another is captioned, so that the processor never waits for files. */
const READ_AHEAD = 2;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function main(): Promise<number> {
  const options = parseArguments(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
    return 0;
  }
  const failures = options.html
    ? await captionHtml(options, options.html)
    : await captionPhotos(options);
  return failures === 0 ? 0 : EXIT_FAILED;
}

/** @returns how many failed */
async function captionPhotos(options: CaptionArguments): Promise<number> {
  const { photos, leftOut } = await findPhotos(options.paths);
  for (const [name, count] of leftOut) {
    console.error(`Left out, since it is not read: ${name} (${count}).`);
  }
  if (photos.length === 0) throw new UsageError('There is no photo in what you named.');
  return captionAll({ photos, captioner: await loadCaptioner(options), options });
}

/** @returns how many failed */
async function captionHtml(
  options: CaptionArguments,
  { folder, ...html }: NonNullable<CaptionArguments['html']>,
): Promise<number> {
  const pages = await pagesToCaption(folder);
  const captioner = await loadCaptioner(options);
  return captionPages(pages, {
    ...html,
    json: options.json,
    kinds: options.kinds,
    captionPhoto: async (file) => captioner.caption(await captioner.readPixels(file)),
  });
}

function loadCaptioner(options: CaptionArguments): Promise<Captioner> {
  return createCaptioner({
    model: options.model,
    engine: options.engine,
    threads: options.threads ?? availableParallelism(),
    ...(options.beamWidth && { beamWidth: options.beamWidth }),
    publishing: { minConfidence: options.minConfidence, kinds: options.kinds },
    onWarning: (message) => console.error(message),
  });
}

/** @returns how many failed */
async function captionAll({
  photos,
  captioner,
  options,
}: {
  photos: string[];
  captioner: Captioner;
  options: CaptionArguments;
}): Promise<number> {
  const progress = createProgress(photos.length);
  const reading: Promise<Uint8Array | Error>[] = [];
  let next = 0;
  const readMore = () => {
    const file = photos[next++];
    if (file) reading.push(captioner.readPixels(file).catch((error: Error) => error));
  };
  for (let i = 0; i < READ_AHEAD; i++) readMore();
  let failures = 0;
  for (const file of photos) {
    const pixels = await (reading.shift() as Promise<Uint8Array | Error>);
    readMore();
    const result =
      pixels instanceof Error ? { error: pixels.message } : await captioner.caption(pixels);
    progress.clear();
    if ('error' in result) failures++;
    if (options.json) console.log(JSON.stringify({ file, ...result }));
    else if ('error' in result) console.error(`${file}: ${result.error}`);
    else console.log(photos.length === 1 ? result.caption : `${file}: ${result.caption}`);
    progress.advance();
  }
  progress.clear();
  return failures;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(process.env.LOG_LEVEL === 'debug' ? error : (error as Error).message);
  if (isUsage) console.error(`\n${usage}`);
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED;
}

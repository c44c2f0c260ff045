// The command line of `caption`: what it understands and what it answers when it does not.
import { parseArgs } from 'node:util';
import { type PictureKind, pictureKinds } from '@caption-queue/contract/kind';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import { type EngineName, engineNames } from '@caption-queue/model/engines/engine';

export const usage = `Usage: npm run caption -- [options] photo.jpg [more photos or folders]
       npm run caption -- [options] --html FOLDER

Captions photos, or fills the missing alt attributes of HTML pages, without a server.

  --json             one JSON object a line: file, caption, confidence, alt_text, kind, tags, alternatives;
                     a photo that fails has file and error
  --beam-width N     hypotheses kept while searching, 1 to 10 (default: the model's)
  --min-confidence X alt_text only from this chance on that it is right, 0 to 1 (default: the model's)
  --kinds K,K        alt_text for these kinds of picture (default: photo); there are
                     ${pictureKinds.join(', ')}
  --model M          a bundle's name or path (default: ${DEFAULT_BUNDLE})
  --engine E         ${engineNames.join(' or ')} (default: onnx)
  --threads N        threads inside one operation (default: the cores of this machine)
  --help             this text

  --html FOLDER      prints the alt texts that images in its .html and .htm files lack; with --json one
                     object a line: file, line, src, and alt_text, kind, caption, confidence,
                     written, warnings, or skipped, or error
  --write            writes them; every other byte of the pages stays
  --include-empty    replaces alt="" too, which marks decoration

For example, to look first and then to write:

  npm run caption -- --html public
  npm run caption -- --html public --min-confidence 0.8 --write

Exit code 0 when all went well (a picture that nothing sure can be said about is no failure), 1 when a
photo or page failed, 2 when the command was wrong.`;

export interface CaptionArguments {
  paths: string[];
  json: boolean;
  /** Instead of `paths`. */
  html: { folder: string; write: boolean; includeEmpty: boolean } | undefined;
  beamWidth: number | undefined;
  /** 0 to 1 */
  minConfidence: number | undefined;
  kinds: PictureKind[] | undefined;
  model: string;
  engine: EngineName;
  threads: number | undefined;
}

/** The command was wrong; the message says how. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** @returns 'help' when it was asked for @throws UsageError */
export function parseArguments(args: string[]): CaptionArguments | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const html = htmlArguments(values);
  if (html && positionals.length > 0) {
    throw new UsageError(
      `--html takes one folder, and nothing else: not ${positionals.join(' ')}.`,
    );
  }
  if (!html && positionals.length === 0) {
    throw new UsageError('Name at least one photo or folder.');
  }
  const engine = engineNames.find((name) => name === values.engine);
  if (!engine)
    throw new UsageError(`--engine is ${engineNames.join(' or ')}, not ${values.engine}.`);
  return {
    paths: positionals,
    json: values.json,
    html,
    beamWidth: integer('--beam-width', values['beam-width'], 10),
    minConfidence: probability('--min-confidence', values['min-confidence']),
    kinds: kindsOf(values.kinds),
    model: values.model,
    engine,
    threads: integer('--threads', values.threads, 256),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        'beam-width': { type: 'string' },
        'min-confidence': { type: 'string' },
        kinds: { type: 'string' },
        html: { type: 'string' },
        write: { type: 'boolean', default: false },
        'include-empty': { type: 'boolean', default: false },
        model: { type: 'string', default: DEFAULT_BUNDLE },
        engine: { type: 'string', default: 'onnx' },
        threads: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function htmlArguments(values: ReturnType<typeof parse>['values']): CaptionArguments['html'] {
  const { html: folder, write, 'include-empty': includeEmpty } = values;
  if (folder !== undefined) return { folder, write, includeEmpty };
  if (write) throw new UsageError('--write goes with --html only.');
  if (includeEmpty) throw new UsageError('--include-empty goes with --html only.');
  return undefined;
}

function probability(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= 0 && value <= 1)) {
    throw new UsageError(`${option} is a number from 0 to 1, not ${text}.`);
  }
  return value;
}

function kindsOf(text: string | undefined): PictureKind[] | undefined {
  const names = text?.split(',').map((name) => name.trim());
  return names?.map((name) => {
    const kind = pictureKinds.find((kind) => kind === name);
    if (!kind) {
      throw new UsageError(`--kinds has '${name}'; kinds are ${pictureKinds.join(', ')}.`);
    }
    return kind;
  });
}

function integer(option: string, text: string | undefined, maximum: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > maximum) {
    throw new UsageError(`${option} is a whole number from 1 to ${maximum}, not ${text}.`);
  }
  return value;
}

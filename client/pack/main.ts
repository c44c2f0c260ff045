// `npm run pack:client [-- folder]`: builds the client and packs it into the folder (default: where you stand), as it
// can be published or installed. It needs nothing of this repository then.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  Caption,
  CaptionChoices,
  CaptionError,
  CaptionInput,
  CaptionMetrics,
  CaptionOptions,
  CaptionOutput,
  CaptionPage,
  CaptionRecord,
  CaptionStatus,
  Metadata,
  Priority,
  Stage,
} from '@caption-queue/contract/caption';
import { Problem } from '@caption-queue/contract/errors';
import { CaptionEvent } from '@caption-queue/contract/events';
import { PictureKind } from '@caption-queue/contract/kind';
import { WebhookEventType } from '@caption-queue/contract/webhooks';
import { build } from 'esbuild';
import { writeTypes } from './plain-types.ts';

/** From where this is bundled to, `client/pack/dist`. */
const client = path.resolve(import.meta.dirname, '../..');
const repository = path.dirname(client);
const dist = path.join(client, 'dist');

/** What clients meet of the contract, each before those that it occurs in. */
const contract = {
  CaptionStatus,
  Stage,
  Priority,
  PictureKind,
  WebhookEventType,
  Metadata,
  CaptionOptions,
  CaptionChoices,
  CaptionInput,
  CaptionOutput,
  CaptionError,
  CaptionMetrics,
  CaptionRecord,
  Caption,
  CaptionPage,
  CaptionEvent,
  ErrorCode: Problem.properties.code,
  Problem,
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await writeFile(path.join(dist, 'contract.d.ts'), writeTypes(contract));
// Checks the sources against these types too, rather than against the schemas.
run(
  process.execPath,
  path.join(repository, 'node_modules/typescript/bin/tsc'),
  '--project',
  'pack',
);
for (const name of await readdir(dist)) await pointWithin(path.join(dist, name));
await build({
  entryPoints: [path.join(client, 'index.ts')],
  outfile: path.join(dist, 'index.js'),
  bundle: true,
  packages: 'external',
  platform: 'neutral',
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
});
await copyFile(path.join(repository, 'LICENSE'), path.join(client, 'LICENSE'));
const folder = path.resolve(process.argv[2] ?? '.');
run('npm', 'pack', '--pack-destination', folder);

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: client, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Declarations name each other as the sources do; they are files of one folder now. */
async function pointWithin(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const own = text
    .replace(/(["'])@caption-queue\/contract\/\w+\1/g, "'./contract.js'")
    .replace(/(["'])(\.\/[\w-]+)\.ts\1/g, "'$2.js'");
  await writeFile(file, own);
}

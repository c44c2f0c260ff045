// The command line of `caption`: what it understands and what it answers when it does not.
import { parseArgs } from 'node:util';
import { DEFAULT_BUNDLE } from '@caption-queue/captioning/bundle';
import { type EngineName, engineNames } from '@caption-queue/inference/engine';

export const usage = `Usage: npm run caption -- [options] photo.jpg [more photos or folders]

Captions photos without a server.

  --json             one JSON object a line: file, caption, confidence, alt_text, tags, alternatives;
                     a photo that fails has file and error
  --beam-width N     hypotheses kept while searching, 1 to 10 (default: the model's)
  --model M          a bundle's name or path (default: ${DEFAULT_BUNDLE})
  --engine E         ${engineNames.join(' or ')} (default: onnx)
  --threads N        threads inside one operation (default: the cores of this machine)
  --help             this text

Exit code 0 when every photo got a caption, 1 when one failed, 2 when the command was wrong.`;

export interface CaptionArguments {
  paths: string[];
  json: boolean;
  beamWidth: number | undefined;
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
  if (positionals.length === 0) throw new UsageError('Name at least one photo or folder.');
  const engine = engineNames.find((name) => name === values.engine);
  if (!engine)
    throw new UsageError(`--engine is ${engineNames.join(' or ')}, not ${values.engine}.`);
  return {
    paths: positionals,
    json: values.json,
    beamWidth: integer('--beam-width', values['beam-width'], 10),
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

function integer(option: string, text: string | undefined, maximum: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > maximum) {
    throw new UsageError(`${option} is a whole number from 1 to ${maximum}, not ${text}.`);
  }
  return value;
}

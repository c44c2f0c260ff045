// `import-keras` as people use it: real Keras files become a bundle that captions, anything else is named.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '@caption-queue/model/bundle';
import { importCaptioner } from '@caption-queue/training/import-keras/import-captioner';
import { importEncoder } from '@caption-queue/training/import-keras/import-encoder';
import { readKerasFile } from '@caption-queue/training/import-keras/keras-file';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackKerasFixtures } from '../../support/model/keras-fixtures.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const photos = join(repository, 'test/fixtures/photos');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-keras-'));
  await unpackKerasFixtures(folder);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs an entry point in the folder of the files. */
function run(
  program: string,
  args: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const file = join(repository, program);
    execFile(process.execPath, [file, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const importKeras = (...args: string[]) => run('training/dist/main.js', ['import-keras', ...args]);

describe('docs/keras.md', async () => {
  const guide = await readFile(join(repository, 'docs/keras.md'), 'utf8');
  const commands = [...guide.matchAll(/^npm run (train|caption) -- (.*)$/gm)];

  /** What the guide's names stand for here. */
  function argumentsOf(line: string): string[] {
    const places: Record<string, string> = {
      'inception_v3.h5': 'inception-model.h5',
      'Image_Caption_model.json': 'seed.json',
      'caption-model.hdf5': 'seed.hdf5',
      'tokenizer.pkl': 'tokenizer-4.pickle',
      'my-keras-model': './my-keras-model',
      'photo.jpg': join(photos, 'cat.jpg'),
      '~/photos': photos,
      '~/my-encoder': './my-encoder',
      '~/my-photos': join(repository, 'test/fixtures/tiny-dataset'),
    };
    return line.split(' ').map((word) => places[word] ?? word);
  }

  it.each(commands.map(([line, program, args]) => ({ line, program, args: args as string })))(
    '$line',
    async ({ program, args }) => {
      const entry = program === 'train' ? 'training/dist/main.js' : 'cli/dist/caption.js';
      const { code, stdout, stderr } = await run(entry, argumentsOf(args));
      expect(code, stderr).toBe(0);
      if (program === 'caption') expect(stdout.trim().split(' ').length).toBeGreaterThan(2);
    },
    60_000,
  );

  it('has made a whole bundle with that', async () => {
    const { manifest } = await loadBundle(join(folder, 'my-keras-model'));
    expect(manifest.decoder.kind).toBe('merge');
    expect(manifest.generation.maxLength).toBe(10);
    expect(manifest.provenance).toContain('seed.hdf5');
    for (const file of ['activation-ranges.json', 'classifier/model.json', 'labels.json']) {
      expect(manifest.files).toHaveProperty([file]);
    }
  });
});

describe('the command', () => {
  it('makes a bundle in fp32 where there are no photos to measure and no classifier, and warns of padding that is read', async () => {
    const output = join(folder, 'unmasked-bundle');
    const files = ['--encoder', 'inception-weights.h5', '--captioner', 'unmasked.h5'];
    const args = [...files, '--tokenizer', 'tokenizer-4.pickle', '--output', output];
    const { code, stdout, stderr } = await importKeras(...args);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/encoder in fp32\.$/m);
    expect(stderr).toMatch(/has no mask_zero.* words would have been others/);
    const captioned = await run('cli/dist/caption.js', [
      '--model',
      output,
      join(photos, 'cat.jpg'),
    ]);
    expect(captioned).toMatchObject({ code: 0, stderr: '' });

    expect((await importKeras(...args)).stderr).toContain('give --force to replace it');
    const open = await readFile(join(folder, 'seed.json'), 'utf8');
    await writeFile(
      join(folder, 'open.json'),
      open
        .replaceAll('[null, 10]', '[null, null]')
        .replace('"mask_zero": true', '"mask_zero": false'),
    );
    const ofAnyLength = ['--captioner', 'open.json', '--weights', 'seed.hdf5', '--force'];
    const replaced = await importKeras(...args, ...ofAnyLength);
    expect(replaced.code).toBe(0);
    expect(replaced.stderr).toContain('as if it had been trained without padding');
    expect((await loadBundle(output)).manifest.generation.maxLength).toBe(20);
  }, 60_000);

  it('says in one line what is wrong', async () => {
    const { code, stderr } = await importKeras('--encoder', 'nothing.h5', '--output', './x');
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('nothing.h5 cannot be opened');
    const needs = await importKeras('--encoder', 'inception-model.h5', '--output', './x');
    expect(needs.stderr).toContain('give --photos a folder of usual photos');
  }, 30_000);
});

describe('a file of weights', () => {
  it.each([
    ['missing.h5', async () => {}, 'cannot be opened'],
    ['text.h5', (file: string) => writeFile(file, 'weights'), 'is not an HDF5 file'],
    [
      'new.keras',
      (file: string) => writeFile(file, 'PK\x03\x04....'),
      '.keras format; load it in Keras',
    ],
    [
      'cut.h5',
      async (file: string) => {
        await writeFile(file, await readFile(join(folder, 'seed.hdf5')));
        await truncate(file, 90_000);
      },
      'is damaged',
    ],
  ])('is refused: %s', async (name, prepare, message) => {
    const file = join(folder, name);
    await prepare(file);
    await expect(readKerasFile(file)).rejects.toThrow(message);
  });

  it('of another architecture is refused, by the name of the layer', async () => {
    const captioner = await readKerasFile(join(folder, 'seed.hdf5'));
    expect(() => importEncoder(captioner)).toThrow(
      /The layer embedding of .*seed\.hdf5 is \d+ × 12; InceptionV3 has a convolution of 3 × 3 × 3 there/,
    );
    const inception = await readKerasFile(join(folder, 'inception-weights.h5'));
    const short = { ...inception, layers: inception.layers.slice(0, 100) };
    expect(() => importEncoder(short)).toThrow(/ends where InceptionV3 has its layer /);
    const swapped = inception.layers.toSpliced(
      4,
      1,
      inception.layers[2] as (typeof inception.layers)[0],
    );
    expect(() => importEncoder({ ...inception, layers: swapped })).toThrow('another architecture');
  });

  it('may have layers of its own on top, which are left out', async () => {
    const inception = await readKerasFile(join(folder, 'inception-weights.h5'));
    const own = { name: 'my_head', tensors: [{ shape: [2048, 2], data: new Float32Array(4096) }] };
    const { classifier, leftOut } = importEncoder({
      ...inception,
      layers: [...inception.layers, own],
    });
    expect(classifier).toBeUndefined();
    expect(leftOut).toEqual(['my_head']);
  });
});

describe('a captioner', () => {
  /** Imports the seed's after a change of its architecture. */
  async function importChanged(change: (layers: Record<string, SeedLayer>) => void) {
    const model = JSON.parse(await readFile(join(folder, 'seed.json'), 'utf8'));
    const layers: SeedLayer[] = model.config.layers;
    change(Object.fromEntries(layers.map((layer) => [layer.class_name.toLowerCase(), layer])));
    const captioner = join(folder, 'changed.json');
    await writeFile(captioner, JSON.stringify(model));
    return importCaptioner({
      captioner,
      weights: join(folder, 'seed.hdf5'),
      tokenizer: join(folder, 'tokenizer-4.pickle'),
      marks: {},
    });
  }
  interface SeedLayer {
    class_name: string;
    name: string;
    config: Record<string, unknown>;
  }

  it('is imported as it is', async () => {
    const { maxLength, isMasked } = await importChanged(() => {});
    expect({ maxLength, isMasked }).toEqual({ maxLength: 10, isMasked: true });
  });

  it.each<[string, (layers: Record<string, SeedLayer>) => void, RegExp]>([
    [
      'with a layer of a kind that a decoder has not',
      ({ lstm }) => Object.assign(lstm as SeedLayer, { class_name: 'GRU' }),
      /The layer lstm of .*changed\.json is of the kind GRU; docs\/keras\.md/,
    ],
    [
      'whose LSTM gives all its steps',
      ({ lstm }) => Object.assign((lstm as SeedLayer).config, { return_sequences: true }),
      /The layer lstm .* returns all its steps/,
    ],
    [
      'with an activation of its own',
      ({ lstm }) => Object.assign((lstm as SeedLayer).config, { activation: 'elu' }),
      /The layer lstm .* has the activation "elu"/,
    ],
    [
      'of another size than its weights',
      ({ lstm }) => Object.assign((lstm as SeedLayer).config, { units: 99 }),
      /seed\.hdf5 has 12 × 48, 12 × 48, 48 in its layer lstm where .*changed\.json has a LSTM of 12 × 396/,
    ],
    [
      'without words',
      ({ embedding }) => Object.assign(embedding as SeedLayer, { class_name: 'Masking' }),
      /is of the kind Masking/,
    ],
    [
      'that ends in something else than a softmax',
      (layers) => Object.assign((layers.dense as SeedLayer).config, { activation: 'sigmoid' }),
      /does not end in a Dense layer with bias and a softmax/,
    ],
  ])('is refused %s', async (_, change, message) => {
    await expect(importChanged(change)).rejects.toThrow(message);
  });

  it('on features of another network is refused', async () => {
    const text = await readFile(join(folder, 'seed.json'), 'utf8');
    const captioner = join(folder, 'vgg.json');
    await writeFile(captioner, text.replaceAll('[null, 2048]', '[null, 4096]'));
    const files = {
      weights: join(folder, 'seed.hdf5'),
      tokenizer: join(folder, 'tokenizer-4.pickle'),
    };
    await expect(importCaptioner({ captioner, ...files, marks: {} })).rejects.toThrow(
      "takes features of the shape [4096] where InceptionV3's [2048] are wanted",
    );
  });

  it('does not go with the tokenizer of another', async () => {
    const at = (name: string) => join(folder, name);
    const files = { captioner: at('seed.json'), weights: at('seed.hdf5'), marks: {} };
    await expect(
      importCaptioner({ ...files, tokenizer: at('keras3.tokenizer.json') }),
    ).rejects.toThrow(/tells 23 tokens apart .* they are not of the same training/);
    await expect(
      importCaptioner({
        ...files,
        weights: at('keras3.weights.h5'),
        tokenizer: at('tokenizer-4.pickle'),
      }),
    ).rejects.toThrow('they are of different models');
  });

  it.each([
    ['no JSON', '{"config": '],
    ['null', 'null'],
    ['a list', '[{}]'],
    ['a sequential model', '{"class_name": "Sequential", "config": {"layers": []}}'],
  ])('is refused when its architecture is %s', async (_, text) => {
    const captioner = join(folder, 'other.json');
    await writeFile(captioner, text);
    const files = { weights: join(folder, 'seed.hdf5'), tokenizer: 'unread', marks: {} };
    await expect(importCaptioner({ captioner, ...files })).rejects.toThrow(
      'does not describe a functional Keras model',
    );
  });

  it('needs weights beside its architecture, and an architecture beside its weights', async () => {
    const at = (name: string) => join(folder, name);
    const rest = { tokenizer: at('tokenizer-4.pickle'), marks: {} };
    await expect(importCaptioner({ captioner: at('seed.json'), ...rest })).rejects.toThrow(
      '--weights',
    );
    await expect(importCaptioner({ captioner: at('seed.hdf5'), ...rest })).rejects.toThrow(
      'holds weights only',
    );
  });
});

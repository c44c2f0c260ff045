// Tokenizers come as pickles, which are programs: they are read as data, and nothing in them ever runs.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTokenizer } from '@caption-queue/training/import-keras/keras-tokenizer';
import { keepKerasWords } from '@caption-queue/training/import-keras/keras-vocabulary';
import { readPickle } from '@caption-queue/training/import-keras/pickle';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const fixtures = fileURLToPath(new URL('../../fixtures/keras', import.meta.url));

let folder: string;
let wordIndex: Record<string, number>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-keras-tokenizer-'));
  wordIndex = JSON.parse(await readFile(join(fixtures, 'seed.expected.json'), 'utf8')).wordIndex;
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Buffer): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

const noObjects = () => false;

describe('a pickle', () => {
  it.each([0, 2, 4])('of a Keras tokenizer is read, protocol %i', async (protocol) => {
    const { words } = await readTokenizer(join(fixtures, `tokenizer-${protocol}.pickle`));
    const index = Object.fromEntries([...words].map(([id, word]) => [word, id]));
    expect(index).toEqual(wordIndex);
  });

  it.each([
    ['protocol 0', (file: string) => Buffer.from(`cposix\nsystem\n(S'touch ${file}'\ntR.`)],
    [
      'protocol 4',
      (file: string) =>
        Buffer.concat([
          Buffer.from('\x80\x04\x8c\x05posix\x8c\x06system\x93', 'latin1'),
          Buffer.from([0x8c, file.length + 6]),
          Buffer.from(`touch ${file}\x85R.`, 'latin1'),
        ]),
    ],
    ['eval', (file: string) => Buffer.from(`cbuiltins\neval\n(S'open("${file}", "w")'\ntR.`)],
    [
      'an old-style instance',
      (file: string) => Buffer.from(`(S'touch ${file}'\niposix\nsystem\n.`),
    ],
  ])('that would run a command is refused and nothing is run: %s', async (name, pickleOf) => {
    const trace = join(folder, 'trace');
    const file = await write(`bad-${name}.pickle`, pickleOf(trace));
    const reading = readTokenizer(file);
    await expect(reading).rejects.toThrow(
      'is not the pickle of a Keras tokenizer, and nothing in it was run',
    );
    await expect(reading).rejects.toThrow(/posix\.system|builtins\.eval|instruction "i"/);
    expect(existsSync(trace)).toBe(false);
  });

  it.each([
    ['cut in the middle', Buffer.from([0x80, 4, 0x8c, 200, 0x61])],
    ['without an end', Buffer.from('(')],
    ['that takes what is not there', Buffer.from('R.')],
    ['that calls a text', Buffer.from("S'a'\n)R.")],
    ['that extends a number', Buffer.from('K\x01(K\x02e.')],
    ['of nothing', Buffer.alloc(0)],
    ['of any other text', Buffer.from('startseq\nendseq\n')],
  ])('%s is refused in words', async (_, bytes) => {
    expect(() => readPickle(bytes, noObjects)).toThrow(/^It /);
  });

  it('keeps numbers and texts as Python has them', () => {
    const bytes = Buffer.from(
      "\x80\x02(I-7\nL12L\nF1.5\nI01\nN\x8a\x02\xff\x7f\x8a\x01\x80G\x3f\xf8\0\0\0\0\0\0S'caf\\xc3\\xa9 \\'s'\nVna\\u00efve \\U0001f600\nU\x03\xc3\xa9!l.",
      'latin1',
    );
    expect(readPickle(bytes, noObjects)).toEqual([
      -7,
      12,
      1.5,
      true,
      null,
      32767,
      -128,
      1.5,
      "café 's",
      'naïve 😀',
      'é!',
    ]);
  });
});

describe('a tokenizer as JSON', () => {
  const config = { num_words: null, oov_token: '<unk>', word_index: '{"<unk>": 1, "cat": 2}' };
  const whole = { class_name: 'Tokenizer', config };

  it.each([
    ['as to_json() gives it', JSON.stringify(whole)],
    ['dumped once more', JSON.stringify(JSON.stringify(whole))],
    ['as its words alone', '{"<unk>": 1, "cat": 2}'],
  ])('is read %s', async (_, text) => {
    const { words } = await readTokenizer(await write('tokenizer.json', text));
    expect([...words]).toEqual([
      [1, '<unk>'],
      [2, 'cat'],
    ]);
  });

  it('is refused when it is something else', async () => {
    const other = await write('other.json', '{"captions": ["a cat"]}');
    await expect(readTokenizer(other)).rejects.toThrow('has no word_index');
    const broken = await write('broken.json', '{"cat": ');
    await expect(readTokenizer(broken)).rejects.toThrow('is not valid JSON');
    await expect(readTokenizer(join(folder, 'none'))).rejects.toThrow('cannot be read');
  });
});

describe('the vocabulary', () => {
  const tokenizer = (words: string[], more = {}) => ({
    path: 'tokenizer.pkl',
    words: new Map(words.map((word, i) => [i + 1, word])),
    ...more,
  });

  it('puts the special words first and remembers the ids that Keras gave', () => {
    const { vocabulary, kerasIds } = keepKerasWords(
      tokenizer(['a', 'startseq', 'endseq', '<unk>', 'cat'], { unknownWord: '<unk>' }),
      { size: 6, marks: {} },
    );
    expect(vocabulary.toJSON()).toEqual(['<pad>', '<begin>', '<end>', '<unknown>', 'a', 'cat']);
    expect(kerasIds).toEqual([0, 2, 3, 4, 1, 5]);
  });

  it('has an unknown word that no output stands for where Keras had none', () => {
    const { kerasIds } = keepKerasWords(tokenizer(['start', 'end', 'cat']), { size: 4, marks: {} });
    expect(kerasIds).toEqual([0, 1, 2, undefined, 3]);
  });

  it('leaves out the words beyond the limit of the tokenizer', () => {
    const limited = tokenizer(['startseq', 'endseq', 'cat', 'dog', 'rare'], { limit: 4 });
    for (const size of [4, 5]) {
      const { vocabulary } = keepKerasWords(limited, { size, marks: {} });
      expect(vocabulary.toJSON()).not.toContain('rare');
      expect(vocabulary.size).toBe(size + 1);
    }
    expect(() => keepKerasWords(limited, { size: 6, marks: {} })).toThrow('the first 4 in use');
  });

  it('must be of the size of the model', () => {
    expect(() =>
      keepKerasWords(tokenizer(['startseq', 'endseq', 'cat']), { size: 9, marks: {} }),
    ).toThrow('tells 9 tokens apart (padding included), the tokenizer tokenizer.pkl has 3 words');
  });

  it('takes other words for begin and end when they are named', () => {
    const unusual = tokenizer(['von', 'bis', 'Katze']);
    expect(() => keepKerasWords(unusual, { size: 4, marks: {} })).toThrow(
      '--begin-word and --end-word',
    );
    const marks = { begin: 'von', end: 'bis' };
    expect(keepKerasWords(unusual, { size: 4, marks }).kerasIds).toEqual([0, 1, 2, undefined, 3]);
    expect(() => keepKerasWords(unusual, { size: 4, marks: { ...marks, end: 'to' } })).toThrow(
      "'to'",
    );
  });
});

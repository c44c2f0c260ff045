// A real Chromium without windows, driven over its debugging pipe: enough to use the page as a person would.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';

const NAMES = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'];
const executable = NAMES.find(
  (name) => name !== undefined && spawnSync(name, ['--version']).status === 0,
);

/** Says loudly when there is none. */
export const chromiumIsAvailable = executable !== undefined;
if (!chromiumIsAvailable) {
  console.warn('SKIPPED: tests of the page in a browser. Install chromium or set CHROMIUM.');
}

export interface Page {
  /** Runs an expression in the page, awaits it and answers its value. */
  evaluate<T>(expression: string): Promise<T>;
  chooseFiles(selector: string, files: string[]): Promise<void>;
  /** Tries until the expression is true. */
  until(expression: string, timeoutMs?: number): Promise<void>;
  /** @returns a PNG of the whole page */
  screenshot(options: { width: number; height: number; dark?: boolean }): Promise<Buffer>;
  /** What the browser complained about: policy violations, failed loads, uncaught errors. */
  readonly complaints: string[];
}

export interface Browser {
  open(url: string): Promise<Page>;
  close(): Promise<void>;
}

type Params = Record<string, unknown>;

export async function startChromium(): Promise<Browser> {
  const folder = await mkdtemp(path.join(tmpdir(), 'caption-queue-chromium-'));
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--remote-debugging-pipe',
    `--user-data-dir=${folder}`,
    'about:blank',
  ];
  const child = spawn(executable ?? 'chromium', flags, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const { send, onEvent } = createProtocol(child);

  return {
    async open(url) {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      const call = (method: string, params: Params = {}) => send(method, params, String(sessionId));
      const complaints: string[] = [];
      onEvent((method, params) => {
        const entry = params.entry as { level?: string; text?: string; url?: string } | undefined;
        if (method === 'Log.entryAdded' && entry?.level === 'error') {
          complaints.push(`${entry.text} ${entry.url}`);
        }
        if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params));
      });
      for (const domain of ['Page', 'Runtime', 'Log', 'DOM']) await call(`${domain}.enable`);
      await call('Page.navigate', { url });
      return createPage(call, complaints);
    },
    async close() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function createPage(
  call: (method: string, params?: Params) => Promise<Params>,
  complaints: string[],
): Page {
  async function evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await call('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }
  return {
    complaints,
    evaluate,
    async chooseFiles(selector, files) {
      const { root } = await call('DOM.getDocument');
      const { nodeId: rootId } = root as { nodeId: number };
      const { nodeId } = await call('DOM.querySelector', { nodeId: rootId, selector });
      await call('DOM.setFileInputFiles', { files, nodeId });
    },
    async until(expression, timeoutMs = 15_000) {
      const deadline = Date.now() + timeoutMs;
      while ((await evaluate<unknown>(expression)) !== true) {
        if (Date.now() > deadline) throw new Error(`It never became true: ${expression}`);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    },
    async screenshot({ width, height, dark = false }) {
      const value = dark ? 'dark' : 'light';
      await call('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value }],
      });
      const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
      await call('Emulation.setDeviceMetricsOverride', metrics);
      const { data } = await call('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(String(data), 'base64');
    },
  };
}

/** Messages are JSON, each ended by a zero byte, on the file descriptors 3 and 4. */
function createProtocol(child: ChildProcess) {
  const toBrowser = child.stdio[3] as Writable;
  const fromBrowser = child.stdio[4] as Readable;
  const waiting = new Map<number, (answer: { result?: Params; error?: unknown }) => void>();
  const listeners: ((method: string, params: Params) => void)[] = [];
  let lastId = 0;
  let text = '';
  fromBrowser.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (text + chunk).split('\0');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const parsed = JSON.parse(message);
      if (parsed.id === undefined) {
        for (const listener of listeners) listener(parsed.method, parsed.params);
      } else waiting.get(parsed.id)?.(parsed);
    }
  });
  return {
    onEvent: (listener: (method: string, params: Params) => void) => listeners.push(listener),
    send: (method: string, params: Params = {}, sessionId?: string) =>
      new Promise<Params>((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, ({ result, error }) =>
          error === undefined ? resolve(result ?? {}) : reject(new Error(JSON.stringify(error))),
        );
        const message = { id: lastId, method, params, ...(sessionId ? { sessionId } : {}) };
        toBrowser.write(`${JSON.stringify(message)}\0`);
      }),
  };
}

// `/admin/queues`: bull-board, to look into the queues. Only to look: the captions' records are the truth, and a job
// that is edited by hand would contradict them.
//
// Its own adapter for fastify would bring a template engine and a file server; this one needs neither.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type {
  AppControllerRoute,
  AppViewRoute,
  BullBoardQueues,
  IServerAdapter,
  UIConfig,
} from '@bull-board/api/dist/types.js';
import type { FastifyInstance } from 'fastify';
import type { OpenQueues } from './queue-views.ts';

const PREFIX = '/admin/queues';
const CONFIG = { scope: 'admin', login: true } as const;

/** Only its own files; it styles its elements in place. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** What the board tells about itself while it is made. */
interface Board {
  entry: AppViewRoute;
  api: AppControllerRoute[];
  queues: BullBoardQueues;
  uiConfig: UIConfig;
  /** Holds `index.ejs`. */
  viewsFolder: string;
  staticFolder: string;
}

export async function serveQueueBoard(
  app: FastifyInstance,
  options: { openQueues: OpenQueues },
): Promise<void> {
  const { openQueues } = options;
  const { board, setQueues } = createBoard();
  const template = await readFile(path.join(board.viewsFolder, 'index.ejs'), 'utf8');

  let shown: Awaited<ReturnType<OpenQueues>> | undefined;
  async function showQueues(): Promise<void> {
    const queues = await openQueues();
    if (queues === shown) return;
    shown = queues;
    setQueues(queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })));
  }

  const hidden = { config: CONFIG, schema: { hide: true } };
  for (const url of [board.entry.route].flat()) {
    app.get(PREFIX + url.replace(/\/$/, ''), hidden, async (_request, reply) => {
      const { params } = board.entry.handler({ basePath: PREFIX, uiConfig: board.uiConfig });
      return reply
        .headers({
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
        })
        .type('text/html; charset=utf-8')
        .send(fillIn(template, params));
    });
  }

  for (const { method, route, handler } of board.api) {
    if (![method].flat().includes('get')) continue;
    for (const url of [route].flat()) {
      app.get(PREFIX + url, hidden, async (request, reply) => {
        await showQueues();
        const { status = 200, body } = await handler({
          queues: board.queues,
          uiConfig: board.uiConfig,
          params: request.params as Record<string, string>,
          query: request.query as Record<string, string>,
          body: {},
          headers: request.headers as Record<string, string | undefined>,
        });
        return reply.code(status).header('cache-control', 'no-store').send(body);
      });
    }
  }

  const files = new Set(readdirSync(board.staticFolder, { recursive: true, encoding: 'utf8' }));
  app.get<{ Params: { '*': string } }>(`${PREFIX}/static/*`, hidden, async (request, reply) => {
    const name = request.params['*'];
    const type = contentTypes[path.extname(name)];
    if (type === undefined || !files.has(name)) return reply.callNotFound();
    const bytes = await readFile(path.join(board.staticFolder, name));
    // The names of scripts and styles carry a hash of what they hold.
    return reply.type(type).header('cache-control', 'private, max-age=86400').send(bytes);
  });
}

function createBoard() {
  const board: Partial<Board> = {};
  const adapter: IServerAdapter = {
    setEntryRoute: (entry) => keep({ entry }),
    setApiRoutes: (api) => keep({ api }),
    setQueues: (queues) => keep({ queues }),
    setUIConfig: (uiConfig) => keep({ uiConfig }),
    setViewsPath: (viewsFolder) => keep({ viewsFolder }),
    setStaticPath: (_route, staticFolder) => keep({ staticFolder }),
    // Ours answers, as everywhere.
    setErrorHandler: () => adapter,
  };
  function keep(part: Partial<Board>): IServerAdapter {
    Object.assign(board, part);
    return adapter;
  }
  const { setQueues } = createBullBoard({
    queues: [],
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'caption-queue', hideRedisDetails: false } },
  });
  return { board: board as Board, setQueues };
}

/** The template only names values; its fonts would come from another site. */
function fillIn(template: string, values: Record<string, string>): string {
  return template
    .replace(/<link href="https:[^>]*>/, '')
    .replace(/<%([-=]) (\w+) %>/g, (_whole, kind: string, name: string) => {
      const value = values[name] ?? '';
      return kind === '-' ? value : escapeHtml(value);
    });
}

const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

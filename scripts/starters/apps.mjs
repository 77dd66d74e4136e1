// Applications as the frameworks' own starters make them, and the route with a leak that each is given. Says what to
// write and to call; runs nothing.

/** What each route calls: it keeps what it made. Some 40 KiB a call. */
const LEAK = `interface Visit {
  id: string;
  at: Date;
  pages: string[];
}

const visits: Visit[] = [];

function remember(id: string): Visit {
  const pages = Array.from({ length: 600 }, (_, n) => \`/users/\${id}/page/\${n}\`);
  const visit = { id, at: new Date(), pages };
  visits.push(visit);
  return visit;
}
`;

/** The chain from the root to the visits: the last of it is the reference to cut. */
const KEPT = /→ .*visits\[x\]/;

/**
 * @typedef {object} Starter
 * @property {string} name
 * @property {string[]} make      the words after `npx`: makes the application in the folder `app`
 * @property {string[]} [add]     packages that it needs in addition
 * @property {Record<string, string>} files  those with the leak, by their paths
 * @property {[file: string, from: string, to: string][]} [edits]  what makes it part of the application
 * @property {string} build       the script of npm
 * @property {(port: number) => Record<string, string>} env  what has `npm start` listen there
 * @property {number} [port]      where it listens whatever it is told
 * @property {string} url         the path of the route, up to the id
 * @property {RegExp} place       the file and line of the source that are to be named
 * @property {RegExp} kept        the chain of references that keeps the visits
 * @property {RegExp | null} route the label of the route; null where the file's path is the route
 */

const portOf = (/** @type {number} */ port) => ({ PORT: `${port}` });

/** @type {Starter[]} */
export const STARTERS = [
  {
    name: 'next',
    make: [
      ...['create-next-app@16.4.3', 'app', '--ts', '--app', '--no-eslint', '--no-tailwind', '--src-dir'],
      ...['--import-alias', '@/*', '--use-npm', '--disable-git', '--yes'],
    ],
    files: {
      'src/app/api/users/[id]/route.ts': `${LEAK}
export async function GET(_: Request, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return Response.json({ pages: remember(id).pages.length });
}
`,
      // The starter's own fetches fonts from another server than the registry.
      'src/app/layout.tsx': `export default function Layout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
`,
    },
    build: 'build',
    env: portOf,
    url: '/api/users/',
    place: /users\/\[id\]\/route\.ts:10/,
    // Its build gives variables other names, and a source map has none of them.
    kept: /\[id\]\/route\.js.* → .*context\.\w+\[x\]/,
    route: null,
  },
  {
    name: 'nest',
    make: ['@nestjs/cli@12.0.8', 'new', 'app', '--package-manager', 'npm', '--skip-git', '--strict'],
    files: {
      'src/visits.controller.ts': `${LEAK}
import { Controller, Get, Param } from '@nestjs/common';

@Controller('users')
export class VisitsController {
  @Get(':id')
  show(@Param('id') id: string) {
    return { pages: remember(id).pages.length };
  }
}
`,
    },
    edits: [
      ['src/app.module.ts', '@Module({', "import { VisitsController } from './visits.controller.js';\n\n@Module({"],
      ['src/app.module.ts', '[AppController]', '[AppController, VisitsController]'],
    ],
    build: 'build',
    env: portOf,
    url: '/users/',
    place: /visits\.controller\.ts:10/,
    kept: KEPT,
    route: /GET \/users\/:id/,
  },
  {
    name: 'fastify',
    make: ['fastify-cli@8.0.2', 'generate', 'app', '--lang=ts'],
    // With TypeScript 6, which the starter asks for, its own settings are an error.
    add: ['typescript@5'],
    files: {
      'src/routes/users/index.ts': `${LEAK}
import { type FastifyPluginAsync } from 'fastify'

const users: FastifyPluginAsync = async (fastify): Promise<void> => {
  fastify.get<{ Params: { id: string } }>('/:id', async function (request) {
    return { pages: remember(request.params.id).pages.length }
  })
}

export default users
`,
    },
    build: 'build:ts',
    // Its command takes the port of the first variable, and an address that only tests need.
    env: (port) => ({ FASTIFY_PORT: `${port}`, FASTIFY_ADDRESS: '127.0.0.1' }),
    url: '/users/',
    place: /users\/index\.ts:10/,
    kept: KEPT,
    route: /GET \/users\/:id/,
  },
  {
    name: 'express',
    make: ['express-generator-typescript@2.8.1', 'app'],
    add: ['typescript@5'],
    files: {
      'src/routes/VisitRoutes.ts': `${LEAK}
import { Req, Res } from './common/express-types';

function show(req: Req, res: Res) {
  res.json({ pages: remember(String(req.params.id)).pages.length });
}

export default { show } as const;
`,
    },
    edits: [
      [
        'src/routes/apiRouter.ts',
        "import UserRoutes from './UserRoutes';",
        "import UserRoutes from './UserRoutes';\nimport VisitRoutes from './VisitRoutes';",
      ],
      [
        'src/routes/apiRouter.ts',
        'apiRouter.use(Paths.Users._, userRouter);',
        "apiRouter.use(Paths.Users._, userRouter);\napiRouter.get('/visits/:id', VisitRoutes.show);",
      ],
      // The starter's production build has no source maps: without them the lines are those of dist.
      ['tsconfig.prod.json', '"sourceMap": false', '"sourceMap": true'],
      // Its style is not what is tried here.
      ['package.json', 'npm run lint && tsc', 'tsc'],
    ],
    build: 'build',
    env: portOf,
    // From its own file of settings, which counts before the environment.
    port: 8081,
    url: '/api/visits/',
    place: /VisitRoutes\.ts:10/,
    kept: KEPT,
    route: /GET \/api\/visits\/:id/,
  },
];

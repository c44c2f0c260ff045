# syntax=docker/dockerfile:1
# One image a service: `docker build --target api .` (or encoder-worker, decoder-worker). Each holds only
# the packages that its own manifest asks for; the API's has no model library.

ARG NODE_IMAGE=node:22-bookworm-slim

# The manifests alone, so that the package layers are rebuilt only when one of them changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY bench/package.json bench/
COPY cli/package.json cli/
COPY client/package.json client/
COPY training/package.json training/
COPY services/api/package.json services/api/
COPY services/encoder-worker/package.json services/encoder-worker/
COPY services/decoder-worker/package.json services/decoder-worker/
COPY shared/cache/package.json shared/cache/
COPY shared/captions/package.json shared/captions/
COPY shared/contract/package.json shared/contract/
COPY shared/imaging/package.json shared/imaging/
COPY shared/jobs/package.json shared/jobs/
COPY shared/model/package.json shared/model/
COPY shared/redis/package.json shared/redis/
COPY shared/runtime/package.json shared/runtime/
COPY shared/worker/package.json shared/worker/

# The bundler needs the development packages of the root, and none of the services'.
FROM manifests AS build
RUN npm ci --workspaces=false
COPY tsconfig.json ./
COPY scripts scripts
COPY shared shared
COPY services services
RUN node --input-type=module --eval "import { build } from './scripts/lib/bundle.mjs'; await build();"

FROM manifests AS api-packages
RUN npm ci --omit=dev --workspace services/api

# Both workers need the same packages. Without the optional engine (ENGINE=tfjs), and of ONNX Runtime's
# libraries for three systems only the one that is used: 101 MB instead of 621.
FROM manifests AS worker-packages
RUN npm pkg delete peerDependencies peerDependenciesMeta --workspace shared/model \
  && npm ci --omit=dev --workspace services/encoder-worker --workspace services/decoder-worker \
  && rm -rf node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production \
    HOST=0.0.0.0
WORKDIR /app
# The image’s user `node`, by number: hosts and orchestrators can check that it is not root.
USER 1000:1000

FROM runtime AS api
# glibc keeps an arena a thread; decoding photos in many of them would hold memory for nothing.
ENV MALLOC_ARENA_MAX=2 \
    PORT=5000
COPY --from=api-packages /app/node_modules node_modules
COPY services/api/package.json services/api/
COPY services/api/page/public services/api/page/public
COPY --from=build /app/services/api/dist services/api/dist
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:' + process.env.PORT + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "services/api/dist/main.js"]

FROM runtime AS worker
ENV METRICS_PORT=9464
COPY --from=worker-packages /app/node_modules node_modules
COPY models models
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:' + process.env.METRICS_PORT + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

FROM worker AS encoder-worker
COPY services/encoder-worker/package.json services/encoder-worker/
COPY --from=build /app/services/encoder-worker/dist services/encoder-worker/dist
CMD ["node", "--enable-source-maps", "services/encoder-worker/dist/main.js"]

FROM worker AS decoder-worker
COPY services/decoder-worker/package.json services/decoder-worker/
COPY --from=build /app/services/decoder-worker/dist services/decoder-worker/dist
CMD ["node", "--enable-source-maps", "services/decoder-worker/dist/main.js"]

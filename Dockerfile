# One image for every app; the command chooses which.
FROM node:20-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY nest-cli.json rspack.config.js tsconfig.json ./
COPY apps apps
COPY libs libs
RUN npx nest build standalone collector detector api cli && npx vite build apps/dashboard && npm prune --omit=dev

FROM node:20-slim
# UV_THREADPOOL_SIZE: the embedded ClickHouse works on libuv's threads; with the default of 4, file reads would wait behind it.
# MALLOC_*: large buffers go back to the system when they are done with.
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps UV_THREADPOOL_SIZE=16 MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 KEYTRAIL_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# The standalone app keeps its stores here.
RUN mkdir data && chown node:node data
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.KEYTRAIL_PORT || 8080) + '/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/apps/api/main.js"]

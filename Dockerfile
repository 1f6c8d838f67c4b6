# The service with its SQLite file on one volume: docker build -t sco-tracker . && docker run -p 3000:3000 -v sco-tracker:/data sco-tracker
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Brings the Node that runs the service.
RUN npm ci --omit=dev

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY migrations migrations
COPY openapi openapi
COPY seeds seeds
COPY src src
RUN mkdir /data && chown node:node /data
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATABASE_URL=file:/data/tracker.db
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# As process 1 the service gets the signals of "docker stop" itself.
ENTRYPOINT ["node_modules/.bin/node", "--min-semi-space-size=16", "--max-semi-space-size=32", "src/main.js"]
CMD ["start"]

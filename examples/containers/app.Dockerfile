# A program with memwatch in it, without a change of its code. server.js stands for yours.
FROM node:22-slim
WORKDIR /srv
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm install --no-save --omit=dev memwatch
COPY . .
# A whole path: --require with a name is looked for from the working directory, which may be another one.
ENV NODE_OPTIONS="--require=/srv/node_modules/memwatch" MEMWATCH_SNAPSHOT_SIGNAL=SIGUSR2
# So that `docker exec APP memwatch …` finds it, without npx, which would write.
ENV PATH="/srv/node_modules/.bin:$PATH"
RUN mkdir -p /var/crash && chown node:node /var/crash
USER node
# Where snapshots go that no directory is configured for.
WORKDIR /var/crash
CMD ["node", "/srv/server.js"]

# memwatch alone, for a container beside the program: it reads what the program has left in a volume.
#   docker build -t memwatch-cli -f cli.Dockerfile .
#   docker run --rm -v crash:/var/crash:ro memwatch-cli report /var/crash/app.json
FROM node:22-slim
RUN npm install --global memwatch && npm cache clean --force
# The user 1000 of the image, as the program's: what memwatch writes is its owner's alone.
USER node
WORKDIR /var/crash
ENTRYPOINT ["memwatch"]

// A package registry on this machine, as far as package managers need one to publish, look up
// and fetch a few packages. Keeps everything in memory, and what it was asked for.
import http from 'node:http';

/** @returns {Promise<{ url: string, asked: string[], close: () => Promise<void> }>} */
export async function startRegistry() {
  const packages = new Map();
  const archives = new Map();
  const asked = [];
  let url;

  function publish(body) {
    const { _attachments: attachments, ...document } = body;
    const known = packages.get(document.name) ?? { ...document, versions: {}, time: {} };
    for (const [version, manifest] of Object.entries(document.versions)) {
      const file = `/${document.name}/-/${document.name}-${version}.tgz`;
      known.versions[version] = { ...manifest, dist: { ...manifest.dist, tarball: `${url}${file}` } };
      known.time[version] = new Date().toISOString();
      archives.set(file, Buffer.from(Object.values(attachments)[0].data, 'base64'));
    }
    known['dist-tags'] = { ...known['dist-tags'], ...document['dist-tags'] };
    packages.set(document.name, known);
  }

  function answer(method, path, body) {
    if (method === 'PUT') {
      publish(JSON.parse(body));
      return [201, { ok: true }];
    }
    if (archives.has(path)) return [200, archives.get(path)];
    const found = packages.get(decodeURIComponent(path.slice(1)));
    return found === undefined ? [404, { error: 'not found' }] : [200, found];
  }

  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, url);
    asked.push(`${request.method} ${pathname}`);
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const [status, content] = answer(request.method, pathname, Buffer.concat(pieces).toString());
    const isBinary = Buffer.isBuffer(content);
    response.writeHead(status, { 'content-type': isBinary ? 'application/octet-stream' : 'application/json' });
    response.end(isBinary ? content : JSON.stringify(content));
  });
  url = await listen(server);
  return { url, asked, close: () => closed(server) };
}

/** Stands where a proxy would: notes who wants to leave this machine, and lets nobody. */
export async function startTrap() {
  const caught = [];
  const server = http.createServer((request, response) => {
    caught.push(request.url);
    response.writeHead(403).end();
  });
  server.on('connect', (request, socket) => {
    caught.push(request.url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  return { url: await listen(server), caught, close: () => closed(server) };
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

function closed(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

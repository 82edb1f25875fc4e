// The article's leaky server, on plain node:http: what it leaks, and a heap snapshot of it. Ends with its standard input.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const v8 = require('node:v8');

const folder = process.argv[2];

// The package that the article uses, where it is installed; else what Node has.
let heapdump = null;
try {
  heapdump = require('heapdump');
} catch {
  // v8.writeHeapSnapshot does the same.
}

const leaks = [];

const routes = {
  // As in the article: many references to one object.
  '/bloatMyServer': () => {
    const redundantObj = { memory: 'leaked', joke: 'meta' };
    [...Array(10000)].map(() => leaks.push(redundantObj));
    return { size: leaks.length };
  },
  // An object for each of 250 tickets.
  '/objects': () => {
    for (let number = 0; number < 250; number += 1) {
      leaks.push({ memory: 'leaked', ticket: `ticket-${leaks.length}` });
    }
    return { size: leaks.length };
  },
  '/healthz': () => ({ live_bytes: process.memoryUsage().heapUsed }),
};

function snapshot(answer) {
  const file = path.join(folder, `node-${process.pid}.heapsnapshot`);
  const began = process.hrtime.bigint();
  const done = () => {
    const tookUs = Number((process.hrtime.bigint() - began) / 1000n);
    const fileBytes = fs.statSync(file).size;
    fs.unlinkSync(file);
    answer(200, {
      took_us: tookUs,
      pause_us: tookUs, // it writes on the one thread that serves
      file_bytes: fileBytes,
      live_bytes: process.memoryUsage().heapUsed,
      by: heapdump ? 'heapdump' : 'v8.writeHeapSnapshot',
    });
  };
  if (heapdump) {
    heapdump.writeSnapshot(file, (error) => (error ? answer(500, { error: String(error) }) : done()));
  } else {
    v8.writeHeapSnapshot(file);
    done();
  }
}

const server = http.createServer((request, response) => {
  const answer = (status, body) => {
    const text = JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
  const [route] = request.url.split('?');
  if (route === '/heapdump') {
    snapshot(answer);
  } else if (routes[route]) {
    answer(200, routes[route]());
  } else {
    answer(404, { error: 'no such route' });
  }
});

server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));

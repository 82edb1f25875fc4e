// Loads .heapsnapshot files as Chrome's Memory tab does and prints, as one JSON object, what it would show:
//
//     node rows.mjs FIRST.heapsnapshot [SECOND.heapsnapshot …]
//
// snapshots: per file its Summary, its range of ids, and for the largest object of each constructor the Retainers
// comparisons: each file against the one before it
// allocated: "Objects allocated between" each file and the one before it

import { createReadStream } from 'node:fs';

import { heapSnapshotWorker } from './devtools.mjs';

const { HeapSnapshot, HeapSnapshotLoader } = await heapSnapshotWorker();

async function load(path) {
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent() {} });
  for await (const chunk of createReadStream(path, { encoding: 'utf8' })) loader.write(chunk);
  loader.close();
  const { port1, port2 } = new MessageChannel();
  new HeapSnapshot.SecondaryInitManager(port2);
  const snapshot = await loader.buildSnapshot(port1);
  port1.close();
  return snapshot;
}

const bySize = (aggregates) =>
  Object.values(aggregates)
    .map(({ name, count, self }) => ({ name, count, self }))
    .sort((a, b) => b.self - a.self);

function summary(snapshot) {
  const aggregates = snapshot.aggregatesWithFilter({});
  return {
    total: snapshot.totalSize,
    maxId: snapshot.updateStaticData().maxJSObjectId,
    rows: bySize(aggregates),
    retainers: Object.fromEntries(Object.values(aggregates).map((row) => [row.name, retainers(snapshot, row)])),
  };
}

/** The chain in the Retainers pane, from the largest object of a row outwards: "edge in node". */
function retainers(snapshot, { idxs }) {
  const sizeOf = (index) => snapshot.createNode(index).selfSize();
  let index = idxs.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
  const chain = [];
  for (;;) {
    const [edge] = snapshot.createRetainingEdgesProvider(index).serializeItemsRange(0, 1).items;
    if (!edge) return chain;
    chain.push({ place: edge.name, function: edge.node.name, retained: edge.node.retainedSize, distance: edge.node.distance });
    index = edge.node.nodeIndex;
  }
}

function comparison(before, after, id) {
  const base = before.aggregatesForDiff(after.interfaceDefinitions());
  return Object.values(after.calculateSnapshotDiff(id, base)).map((diff) => ({
    name: diff.name,
    new: diff.addedCount,
    deleted: diff.removedCount,
    delta: diff.countDelta,
    alloc_size: diff.addedSize,
    freed_size: diff.removedSize,
    size_delta: diff.sizeDelta,
  }));
}

const snapshots = [];
for (const path of process.argv.slice(2)) snapshots.push(await load(path));
const maxId = (snapshot) => snapshot.updateStaticData().maxJSObjectId;
const pairs = snapshots.slice(1).map((after, at) => [snapshots[at], after, at]);
process.stdout.write(
  `${JSON.stringify({
    snapshots: snapshots.map(summary),
    comparisons: pairs.map(([before, after, at]) => comparison(before, after, at)),
    allocated: pairs.map(([before, after]) =>
      bySize(after.aggregatesWithFilter({ minNodeId: maxId(before), maxNodeId: maxId(after) }))),
  })}\n`,
);

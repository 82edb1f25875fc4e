// What the panel's server can be asked to do. Reading documents is data.js's.

import { ask } from "heapdiff/data.js";

const snapshot = (id) => `api/snapshots/${encodeURIComponent(id)}`;

export const list = async (signal) => (await ask("api/snapshots", { signal })).json();

/** Takes a snapshot of a server; answers when it is there and read. */
export const capture = async (server) =>
  (await ask(`api/servers/${encodeURIComponent(server)}/snapshots`, post(JSON.stringify({})))).json();

/** Tells how the servers are, again and again, over so many minutes. */
export const status = (minutes) => new EventSource(`api/status?minutes=${minutes}`);

/** @param {File} file */
export const upload = async (file) =>
  (await ask(`api/snapshots?label=${encodeURIComponent(file.name)}`, post(file))).json();

export const rename = async (id, label) =>
  (await ask(snapshot(id), { ...post(JSON.stringify({ label })), method: "PATCH" })).json();

export const remove = (id) => ask(snapshot(id), { method: "DELETE" });

export const restore = async (id) => (await ask(`${snapshot(id)}/restore`, { method: "POST" })).json();

/** Where a snapshot's file is. */
export const file = (id) => `${snapshot(id)}/file`;

const post = (body) => ({ method: "POST", body, headers: { "Content-Type": "application/json" } });

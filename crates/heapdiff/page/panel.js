// (next)
export function start() {}

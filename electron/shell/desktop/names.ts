/** Names of what passes between the main process and the preload script. */
export const ipc = {
  request: 'studio:request',
  event: 'studio:event',
  command: 'studio:command',
  drag: 'studio:drag',
  output: 'studio:output',
} as const;

/** Of the page and of everything beside it. A scheme of its own, so that no web page has the same origin. */
export const scheme = 'stemwright';
export const pageAddress = `${scheme}://studio/`;

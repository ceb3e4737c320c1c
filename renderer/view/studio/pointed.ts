/** Seconds under the pointer, of an element that shows `span` seconds from `start`. */
export function pointed({ clientX, currentTarget }: { clientX: number; currentTarget: Element }, start: number, span: number): number {
  const { left, width } = currentTarget.getBoundingClientRect();
  return start + ((clientX - left) / width) * span;
}

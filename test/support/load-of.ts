export const isDefaultEngine = process.env["HOLDFAST_ENGINE"] === undefined;

/**
 * How much of a load a test puts on the engine. What holds under the whole of it is shown on the
 * default engine; on another one, which is slower, a fifth shows that it behaves alike.
 */
export const loadOf = (count: number): number => (isDefaultEngine ? count : Math.ceil(count / 5));

/** Mistakes that can be planted in the core, to show that the checks find them. */
export const mistakeNames: readonly string[] = [];

/** Plants a mistake in the modules that this thread imports from now on. */
export const plantMistake = (name: string): void => {
  throw new RangeError(`There is no mistake ${name}.`);
};

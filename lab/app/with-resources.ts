/**
 * Runs `work` with a stack of what it has started, and stops all of it in reverse, however it ends.
 * (The parser that checks the rooms knows no `using` declarations yet.)
 */
export const withResources = async <Output>(
  work: (resources: AsyncDisposableStack) => Promise<Output>,
): Promise<Output> => {
  const resources = new AsyncDisposableStack();
  try {
    return await work(resources);
  } finally {
    await resources.disposeAsync();
  }
};

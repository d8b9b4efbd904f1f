/**
 * How far a mapping has read each shard, on disk. Written after the function has succeeded, so that
 * whoever is killed in between has the batch delivered once more, and never lost. A file of a
 * mapping is replaced as a whole: a reader finds the state before a write or after it. It is not
 * synced, since a process that is killed loses nothing that it has written.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** After this sequence number goes on; `ended` when all records of a closed shard were handled. */
export type ShardPosition = { after: string } | "ended";

export interface Checkpoints {
  /** Whether the mapping has been started before, and its first position is settled. */
  isSettled(): boolean;
  positionOf(shardId: string): ShardPosition | undefined;
  /** Resolves when it is on disk. */
  advance(shardId: string, position: ShardPosition): Promise<void>;
  /** Settles the first position, and forgets every shard but these. */
  settle(shardIds: readonly string[]): Promise<void>;
}

export interface CheckpointsOptions {
  /** Made when it is not there. */
  directory: string;
  /** Of the mapping; the file is `<directory>/<name>.json`. */
  name: string;
  /** The engine's. Positions in another stream, such as of a table made anew, say nothing of it. */
  streamArn: string;
}

interface Content {
  streamArn: string;
  isSettled: boolean;
  shards: Record<string, ShardPosition>;
}

/** Only one process may have it open. */
export const openCheckpoints = async (options: CheckpointsOptions): Promise<Checkpoints> => {
  const { directory, name, streamArn } = options;
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${name}.json`);
  const found = await readContent(file);
  const content: Content =
    found?.streamArn === streamArn ? found : { streamArn, isSettled: false, shards: {} };

  // One write after the other: shards advance side by side.
  let written = Promise.resolve();
  const write = (): Promise<void> => {
    const before = written.catch(() => {});
    written = before.then(() => replaceFile(file, JSON.stringify(content)));
    return written;
  };
  return {
    isSettled: () => content.isSettled,
    positionOf: (shardId) => content.shards[shardId],
    advance: (shardId, position) => {
      content.shards[shardId] = position;
      return write();
    },
    settle: async (shardIds) => {
      const gone = Object.keys(content.shards).filter((shardId) => !shardIds.includes(shardId));
      if (content.isSettled && gone.length === 0) return;
      content.isSettled = true;
      for (const shardId of gone) delete content.shards[shardId];
      await write();
    },
  };
};

const readContent = async (file: string): Promise<Content | undefined> => {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

const replaceFile = async (file: string, text: string): Promise<void> => {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
};

/** A second client of the same ZooKeeper, to look at what a lock has written and to get in its way. */
import { once } from "node:events";
import {
  createClient,
  CreateMode,
  type ACL,
  type Client,
  type Exception,
  type Stat,
} from "node-zookeeper-client";

export interface ZooKeeperClient {
  client: Client;
  /** Sorted; none when there is no such node. */
  children(path: string): Promise<string[]>;
  /** The children's paths and what is known of them, in the order of their creation. */
  queue(path: string): Promise<{ path: string; stat: Stat }[]>;
  data(path: string): Promise<string>;
  /** The parents are created too, with rights for all. */
  create(path: string, options?: { ephemeral?: boolean; acls?: ACL[] }): Promise<string>;
  remove(path: string): Promise<void>;
  close(): Promise<void>;
}

type Answer<Result> = (error: Error | Exception | null, result: Result) => void;

const ask = <Result>(send: (answer: Answer<Result>) => void): Promise<Result> =>
  new Promise((resolve, reject: (error: Error) => void) => {
    send((error, result) => (error ? reject(error as Error) : resolve(result)));
  });

export const connectToZooKeeper = async (servers: string): Promise<ZooKeeperClient> => {
  const client = createClient(servers);
  client.connect();
  await once(client, "connected");

  const children = async (path: string): Promise<string[]> => {
    const stat = await ask<Stat | null>((answer) => client.exists(path, answer));
    if (stat === null) return [];
    return (await ask<string[]>((answer) => client.getChildren(path, answer))).toSorted();
  };

  return {
    client,
    children,
    queue: async (path) => {
      const paths = (await children(path)).map((child) => `${path}/${child}`);
      const nodes = await Promise.all(
        paths.map(async (one) => ({
          path: one,
          stat: await ask<Stat>((answer) => client.exists(one, answer)),
        })),
      );
      return nodes.toSorted((one, other) => one.stat.czxid.compare(other.stat.czxid));
    },
    data: async (path) => (await ask<Buffer>((answer) => client.getData(path, answer))).toString(),
    create: async (path, { ephemeral = false, acls = [] } = {}) => {
      const parent = path.slice(0, path.lastIndexOf("/"));
      if (parent !== "") await ask<string>((answer) => client.mkdirp(parent, answer));
      const mode = ephemeral ? CreateMode.EPHEMERAL : CreateMode.PERSISTENT;
      if (acls.length === 0) return ask<string>((answer) => client.create(path, mode, answer));
      return ask<string>((answer) => client.create(path, acls, mode, answer));
    },
    remove: (path) =>
      ask<void>((answer) => client.remove(path, (error) => answer(error, undefined))),
    close: async () => {
      const disconnected = once(client, "disconnected");
      client.close();
      await disconnected;
    },
  };
};

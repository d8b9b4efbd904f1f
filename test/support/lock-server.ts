/** The five backends on their real servers, in the terms that the conformance suite needs. */
import type { BackendName, Locks, LocksOptions } from "../../locks/locks.ts";
import type { TcpProxy } from "../../lab/servers/tcp-proxy.ts";

/** What another process needs to open the same locks. */
export type LocksConfig =
  | { backend: "dynamodb"; endpoint: string; table: string }
  | { backend: "redis"; url: string; token: string }
  | { backend: "redisson"; url: string }
  | { backend: "zookeeper" | "curator"; servers: string; sessionTimeoutMs: number };

export interface LockServer {
  backend: BackendName;
  /** Straight to the server. */
  config: LocksConfig;
  /** Through the proxy. */
  proxied: LocksConfig;
  proxy: TcpProxy;
  /** Stops the server's process as it is, until it is thawed. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Ends the server and starts it again with its data, at the same address for `proxied`. */
  restart(): Promise<void>;
  /** Removes what the server knows of a lock, but for what must outlive it. */
  removeRecord(name: string): Promise<void>;
  /** Removes what the server knows of a once-only run, where there are any. */
  removeRun?(key: string): Promise<void>;
  stop(): Promise<void>;
}

export type OpenLocks = (config: LocksConfig, options?: LocksOptions) => Locks;

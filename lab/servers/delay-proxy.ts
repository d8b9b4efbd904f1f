/** Puts a server of this machine some way off: each byte arrives later, in either direction. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface DelayProxy {
  /** Where it listens, on 127.0.0.1. */
  port: number;
  stop(): void;
}

/** @param delayMs of one direction; timers make it up to 1 ms more */
export const startDelayProxy = async (serverPort: number, delayMs: number): Promise<DelayProxy> => {
  const sockets = new Set<Socket>();

  const forward = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.setNoDelay();
    // Timers of one duration fire in the order in which they were set.
    from.on("data", (chunk) => setTimeout(() => to.write(chunk), delayMs));
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };

  const listener = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    forward(client, server);
    forward(server, client);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    stop: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};

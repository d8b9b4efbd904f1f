import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";

/** Has a server listen on any free port of the loopback interface. Resolves with its address. */
export const listenAnywhere = async (server: Server): Promise<string> => {
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

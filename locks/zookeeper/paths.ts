/** What ZooKeeper takes as a path and as the address of an ensemble. */
import { LockError } from "../lock-error.ts";

/** Control characters, surrogates and private use, and all beyond U+FFEF: the server's own rule. */
const refusedCharacter = /[\p{Cc}\ud800-\uf8ff\ufff0-\u{10ffff}]/u;

/** What ZooKeeper has against a path, as the end of a sentence; undefined when it takes it. */
export const objectionToPath = (path: string): string | undefined => {
  const segments = path.split("/").slice(1);
  if (!path.startsWith("/") || segments.includes("")) return "has an empty part between slashes";
  if (segments.some((segment) => segment === "." || segment === "..")) {
    return 'has a part "." or "..", which ZooKeeper takes for relative';
  }
  if (segments[0] === "zookeeper") return "begins with the part that ZooKeeper keeps for itself";
  if (refusedCharacter.test(path)) {
    return "has a character that ZooKeeper refuses: of control, of private use, or beyond U+FFEF";
  }
  return undefined;
};

const refuse = (message: string): never => {
  throw new LockError("invalid_argument", message);
};

/**
 * A path that others can be appended to: "" for the root.
 *
 * @throws LockError `invalid_argument`
 */
export const absolutePath = (option: string, path: string): string => {
  if (path === "" || path === "/") return "";
  const objection = path.startsWith("/") ? objectionToPath(path) : "does not begin with a slash";
  return objection === undefined ? path : refuse(`${option} "${path}" ${objection}.`);
};

const address = /^[^\s:/,]+(:\d{1,5})?$/;

/**
 * Takes a connection string apart, `host:port,host:port/path`. The path is a part of every path
 * here, so that it is created as other parents are.
 *
 * @throws LockError `invalid_argument`
 */
export const parseServers = (text: string): { servers: string[]; chroot: string } => {
  const slash = text.indexOf("/");
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const servers = hosts.split(",");
  for (const server of servers) {
    if (!address.test(server)) {
      refuse(`servers is "${text}"; it must be of the form host:port,host:port/path.`);
    }
  }
  return {
    servers,
    chroot: slash < 0 ? "" : absolutePath("The path of servers", text.slice(slash)),
  };
};

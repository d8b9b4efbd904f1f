/** What a name becomes on ZooKeeper, and in which order its queue stands. No server is needed. */
import { describe, expect, test } from "vitest";
import { createCuratorLocks, curatorRules } from "../../locks/zookeeper/curator-locks.ts";
import { objectionToPath, parseServers } from "../../locks/zookeeper/paths.ts";
import { newPrefix, placeIn, stemOf, withAncestors } from "../../locks/zookeeper/queue-node.ts";
import { createZooKeeperLocks, zooKeeperRules } from "../../locks/zookeeper/zookeeper-locks.ts";

const servers = "127.0.0.1:1";
const refused = (message: RegExp): unknown =>
  expect.objectContaining({ code: "invalid_argument", message: expect.stringMatching(message) });

describe("the path of a name", () => {
  test("different names have different paths, each one segment that ZooKeeper takes", () => {
    const names = [
      ".",
      "..",
      "%2E",
      "%2E%2E",
      "a",
      "a/b",
      "a%2Fb",
      "a b",
      "/a",
      "ä",
      "🔒",
      "zookeeper",
    ];
    const paths = names.map(zooKeeperRules.pathOf);
    expect(new Set(paths).size).toBe(names.length);
    for (const path of paths) {
      expect(path.lastIndexOf("/")).toBe(0);
      expect(objectionToPath(`/base${path}`)).toBeUndefined();
    }
  });

  test("for Curator a name is a path, with or without its first slash", () => {
    expect(curatorRules.pathOf("orders/7")).toBe("/orders/7");
    expect(curatorRules.pathOf("/orders/7")).toBe("/orders/7");
  });

  const bad: [string, RegExp][] = [
    ["a//b", /empty part/],
    ["a/", /empty part/],
    ["//a", /empty part/],
    ["a/./b", /part "\." or "\.\."/],
    ["..", /part "\." or "\.\."/],
    ["zookeeper/quota", /keeps for itself/],
    ["a\ue000", /refuses/],
    ["🔒", /refuses/],
    ["a\ufffd", /refuses/],
  ];
  test.each(bad)("Curator's name %j is refused before a server is asked", async (name, message) => {
    const locks = createCuratorLocks({ servers });
    await expect(locks.tryAcquire(name)).rejects.toEqual(refused(message));
    await locks.close();
  });

  test("at the root, the segment of ZooKeeper itself is no name", async () => {
    const locks = createZooKeeperLocks({ servers, basePath: "/" });
    await expect(locks.tryAcquire("zookeeper")).rejects.toEqual(refused(/keeps for itself/));
    await locks.close();
  });

  test("all nodes above a path come before it", () => {
    expect(withAncestors("/a/b/c")).toEqual(["/a", "/a/b", "/a/b/c"]);
  });
});

describe("the servers", () => {
  test("are several, with a path or without", () => {
    expect(parseServers("a:1,b:2/x/y")).toEqual({ servers: ["a:1", "b:2"], chroot: "/x/y" });
    expect(parseServers("zk.example.com")).toEqual({ servers: ["zk.example.com"], chroot: "" });
    expect(parseServers("a:1/")).toEqual({ servers: ["a:1"], chroot: "" });
  });

  test.each(["", "a:1,", "a:1;b:1", "http://a:1", "a:b", "a:1//x"])("%j is refused", (text) => {
    expect(() => createZooKeeperLocks({ servers: text })).toThrow(refused(/servers|Path|path/));
  });

  test("a base path without its slash, and a session timeout out of bounds, are refused", () => {
    const withOptions = (options: object) => () => createCuratorLocks({ servers, ...options });
    expect(withOptions({ basePath: "locks" })).toThrow(refused(/basePath "locks" .* slash/));
    expect(withOptions({ basePath: "/a/" })).toThrow(refused(/basePath "\/a\/" .* empty part/));
    expect(withOptions({ sessionTimeoutMs: 499 })).toThrow(refused(/sessionTimeoutMs is 499/));
  });
});

describe("the order of a queue", () => {
  const { compare } = zooKeeperRules;
  const node = (sequence: string): string => `${stemOf("", newPrefix()).slice(1)}${sequence}`;
  const own = node("0000000012");
  const ownPath = `/q/${own}`;

  test("the lowest sequence number is first, whatever the prefixes say", () => {
    expect(placeIn("/q", [node("0000000013"), own], ownPath, compare)).toEqual({ is: "first" });
  });

  test("others wait for the one right before them", () => {
    const before = node("0000000011");
    const children = [node("0000000003"), own, before, node("0000000020")];
    expect(placeIn("/q", children, ownPath, compare)).toEqual({
      is: "behind",
      path: `/q/${before}`,
    });
  });

  test("children that are no lock nodes do not count", () => {
    const children = ["0", "a", "lock-7", "lock-00000000001", "config", own];
    expect(placeIn("/q", children, ownPath, compare)).toEqual({ is: "first" });
  });

  test("a node that is not in its queue has no place in it", () => {
    expect(placeIn("/q", [node("0000000001")], ownPath, compare)).toEqual({ is: "absent" });
  });

  // The server counts in 32 bits: after 2147483647 comes -2147483648.
  test("goes on where the sequence numbers overflow", () => {
    const last = node("2147483647");
    const next = node("-2147483648");
    const nextButOne = node("-2147483647");
    const children = [nextButOne, last, next];
    expect(placeIn("/q", children, `/q/${last}`, compare)).toEqual({ is: "first" });
    expect(placeIn("/q", children, `/q/${next}`, compare)).toEqual({
      is: "behind",
      path: `/q/${last}`,
    });
    expect(placeIn("/q", children, `/q/${nextButOne}`, compare)).toEqual({
      is: "behind",
      path: `/q/${next}`,
    });
    const minusOne = node("-000000001");
    expect(placeIn("/q", [own, minusOne], ownPath, compare)).toEqual({
      is: "behind",
      path: `/q/${minusOne}`,
    });
  });

  test("ends there for Curator, which would let the last one in first", () => {
    const children = [node("-2147483648"), node("2147483647")];
    for (const child of children) {
      expect(() => placeIn("/q", children, `/q/${child}`, curatorRules.compare)).toThrow(/2\^31/);
    }
    const ordinary = [node("0000000001"), own];
    expect(placeIn("/q", ordinary, ownPath, curatorRules.compare)).toEqual({
      is: "behind",
      path: `/q/${ordinary[0]}`,
    });
  });
});

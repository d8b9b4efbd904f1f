/**
 * Requests of web pages of other sites, which reach this machine through a browser that runs on it. A page may send
 * them across sites, or have the name of its own site resolve to 127.0.0.1 (DNS rebinding). The browser reports both by
 * headers that a page cannot set: `Host`, `Origin` and `Sec-Fetch-Site`.
 */
import type { IncomingMessage, RequestListener } from "node:http";

export type Refuse = (
  response: Parameters<RequestListener>[1],
  status: number,
  reason: string,
) => void;

export const foreignStatus = 403;

const isLoopbackName = (authority: string): boolean => {
  const address = `http://${authority}`;
  if (!URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
};

const isLoopbackOrigin = (origin: string): boolean =>
  URL.canParse(origin) && isLoopbackName(new URL(origin).host);

const accepted = "localhost, *.localhost, 127.0.0.0/8 and [::1] are, with any port";

const show = (value: string): string => JSON.stringify(value.slice(0, 100));

/**
 * Why a request is refused; undefined for one of this machine. A program that is no browser may leave all of these
 * headers out but `Host`.
 */
export const foreignReason = ({
  headers,
  method,
}: Pick<IncomingMessage, "headers" | "method">): string | undefined => {
  const { host, origin } = headers;
  if (host !== undefined && !isLoopbackName(host)) {
    return `Host ${show(host)} is not accepted: ${accepted}`;
  }
  if (origin !== undefined && !isLoopbackOrigin(origin)) {
    return `Origin ${show(origin)} is not accepted: pages of ${accepted}`;
  }
  // A link to this machine may be followed: the page that has the link cannot read the answer. A frame may not be
  // opened: the page could lead the user's clicks into it.
  const isLink =
    method === "GET" &&
    headers["sec-fetch-mode"] === "navigate" &&
    headers["sec-fetch-dest"] === "document";
  if (origin === undefined && headers["sec-fetch-site"] === "cross-site" && !isLink) {
    return `Sec-Fetch-Site "cross-site" is not accepted: pages of ${accepted}`;
  }
  return undefined;
};

/** The listener for requests of this machine; others are refused. */
export const forThisMachine =
  (listener: RequestListener, refuse: Refuse): RequestListener =>
  (request, response) => {
    const reason = foreignReason(request);
    if (reason === undefined) return listener(request, response);
    request.resume();
    refuse(response, foreignStatus, reason);
  };

/** Refuses as API Gateway does. */
export const refuseWithMessage: Refuse = (response, status, message) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ message }));
};

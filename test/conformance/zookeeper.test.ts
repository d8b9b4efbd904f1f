import { startZooKeeperLockServer } from "../support/start-lock-server.ts";
import { describeLocks } from "./locks-suite.ts";

describeLocks("zookeeper", startZooKeeperLockServer);

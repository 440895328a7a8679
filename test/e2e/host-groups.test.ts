import { groupSuite } from './group-suite.js';
import { startHostServers } from './host-servers.js';

groupSuite('the in-process mail host', () => startHostServers());

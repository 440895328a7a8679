import { startHostServers } from './host-servers.js';
import { endToEndSuite } from './suite.js';

endToEndSuite('the in-process mail host', () => startHostServers());

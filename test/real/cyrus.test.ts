import { groupSuite } from '../e2e/group-suite.js';
import { endToEndSuite } from '../e2e/suite.js';
import { startRealServers } from './servers.js';

endToEndSuite('Cyrus and Postfix', () => startRealServers('cyrus'));
groupSuite('Cyrus and Postfix', () => startRealServers('cyrus'));

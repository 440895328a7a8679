import { endToEndSuite } from '../e2e/suite.js';
import { startRealServers } from './servers.js';

endToEndSuite('Cyrus and Postfix', () => startRealServers('cyrus'));

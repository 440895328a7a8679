import { groupSuite } from '../e2e/group-suite.js';
import { endToEndSuite } from '../e2e/suite.js';
import { startRealServers } from './servers.js';

endToEndSuite('Dovecot and Postfix', () => startRealServers('dovecot'));
groupSuite('Dovecot and Postfix', () => startRealServers('dovecot'));

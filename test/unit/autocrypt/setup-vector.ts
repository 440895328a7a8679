/**
 * A setup message whose payload GnuPG 2.2 has encrypted (`gpg --symmetric`): without a separate session key, S2K with SHA-1.
 * Made for this test.
 */
export const GNUPG_SETUP = {
  address: 'me@example.org',
  code: '9503-1923-2307-1980-7833-0983-1998-7562-1111',
  fingerprint: 'b4d8ea87787c52460e8aafec7150992962882f38',
  encrypted: `-----BEGIN PGP MESSAGE-----

jA0EBwMCXFnnEpDWb1X/0sJnASf/QxhMlz9M0sg7N5UOUqMUh1bQJ/BhZSeR7P8V
+7cEFPkucZF7j93HUPjGMmk2oqfBONlToq/KxLhN4UtSZoR8MYr3Op3W/k638gqy
wDPa+RomG92kdjdvRi5rv+55MhYntP8neaLqZLBVjA6vtck2KQdTxEdHVzY0zKtS
Yp4R9tzLfTsdJ89t+KlLDinFPxakxwKyNIK3GX9fHLBDbkNcUvepxTBbLk541A+7
cclj4bGjflS1fI1ErpBJQ2Rm404YKuErymdvQ9dvzsgAUCizxKCmcdQt0/kR70D2
dPVph1WHmC0mfdr0+VDHM0GxAlhk+n7PvbPo2nxSDPU+ACuZCr/DLx8CZe3RkO3X
CAYDRCvFGmVZcljpIGUrOkiIjQdQM6tM6NThjpvBEScnnoeHRBfqLtY8h7WqFmge
wzHRe+Tfxk0RSLRbrxaMiE05sYO5mKmffkirtkBSqqctpeVNRAoL/szlp6XnrdAp
P67PnViz5WkHE1UPo2trBMkXT1lWecy+mj/ukAdcwsr0MQcczjA591L8qbJqwP6W
plBRnA0qulNkubwYmc1WVP4RwGbzIt1tNb56ZhMxP59fUiNcspcIe8oPXug1xxb1
giF5FrhhVfhLYAa5MrYl9RmDQRh25NBgpjd/YqLkgKf9RqvOOnZ1ItlLs7Zvcl4V
mSFsVByCuwB3z460c8gbxYERZfLcJYDOo5CxCFhpdiIPr+4thFB/hFvzzcA5AxVi
gMvCpC4wfO3bw+OJRaA3YqImp1/mn9kNM5ht/CiZEYBUOfgwPPWDVkbtUxyI+x6i
wg3zQnOt7ljn5jbkBI6VoI1Aqiht9dN1l2G/sKQ7K/KphEsm4OkSTeyqRqEf8hqs
PJ05M1iGZwWwLsw0AuQ0zSL0HyjuriTB5q3GLj24g7qBgWU6I3xE3MNXGFEucK7v
au2jt8UUHjxCly6l8trZjF68dPSHasPTtiYFRMgDgw73OTC0dcLUIWaVdea8PRpw
FSjpq1NfQIYsGH5Qbyo3ckyXJ2qGiJoxIQT+AEiCjAcNolNiZuX7lUsYjIPxVVSu
aHx9DhsJeFDZ
=Woic
-----END PGP MESSAGE-----
`,
} as const;

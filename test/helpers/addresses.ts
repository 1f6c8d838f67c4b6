// Addresses that the service must not connect to, in all their spellings.

/** Addresses that must be rejected, in the spellings of operating systems. */
export const NOT_PUBLIC = [
  // Loopback and unspecified.
  ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::'],
  // Private, link-local and carrier-grade NAT, including metadata services.
  ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.127.255.255'],
  ...['169.254.169.254', '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254'],
  ...['fe80::1', 'fe80::1%eth0', '2001:4860:4860::8888%eth0', 'fc00::1', 'fdff::1', 'fec0::1'],
  // Multicast, documentation, benchmarks, reserved.
  ...['224.0.0.1', '239.255.255.255', '255.255.255.255', '240.0.0.1', 'ff02::1'],
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '2001:db8::1', '3fff::1', '2001:2::1'],
  ...['192.88.99.1', '100::1', '5f00::1', '4000::1', '2001:10::1', '2001:20::1'],
  // IPv4 inside IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '::127.0.0.1'],
  ...['::ffff:0:127.0.0.1', '64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1', '64:ff9b:1::808:808'],
  ...['2002:7f00:1::', '2002:c0a8:101::1', '2001:0:7f00:1::1'],
  // Not an address.
  ...['', 'localhost', '1.2.3.4.5', '::g'],
]

/** URLs of addresses that are not public, in every spelling that URLs allow, and URLs that are not those of a receiver. */
export const REJECTED_URLS = [
  ...[
    'http://127.0.0.1/',
    'https://127.0.0.1:8443/',
    'http://127.1/',
    'http://127.0.1/',
    'http://127.0.0.1./',
  ],
  ...[
    'http://2130706433/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
  ],
  ...['http://0x7f.1/', 'http://0/', 'http://0.0.0.0/', 'http://%31%32%37.0.0.1/', 'http://127。0。0。1/'],
  ...[
    'http://１２７.０.０.１/',
    'http://①②⑦.⓪.⓪.①/',
    'http:\\\\127.0.0.1\\',
    'HTTP://127.0.0.1/',
    'http:127.0.0.1',
  ],
  ...['http://127.0.0.1\t/', 'http://exa\nmple.org@127.0.0.1/', 'http://[::1]/', 'http://[0:0:0:0:0:0:0:1]/'],
  ...['http://[::ffff:127.0.0.1]/', 'http://[::ffff:7f00:1]/', 'http://[0:0:0:0:0:ffff:169.254.169.254]/'],
  ...['http://[::]/', 'http://[fe80::1%25eth0]/', 'http://[fe80::1]/', 'http://[fd00:ec2::254]/'],
  ...['http://[64:ff9b::7f00:1]/', 'http://[2002:7f00:1::]/', 'http://169.254.169.254/latest/meta-data/'],
  ...[
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://10.0.0.1/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
  ],
  ...['http://localhost/', 'http://LOCALHOST:8080/', 'http://localhost./', 'http://a.localhost/'],
  ...['http://example.org@127.0.0.1/', 'http://example.org:80@127.0.0.1/', 'http://:secret@example.org/'],
  ...[
    'http://example.org:22/',
    'http://example.org:25/',
    'https://example.org:0/',
    'http://example.org:65536/',
  ],
  ...[
    `https://example.org/${'ü'.repeat(1000)}`,
    'gopher://example.org/',
    'file:///etc/passwd',
    'unix:/run/docker.sock',
    '//example.org/',
    'example.org',
  ],
]

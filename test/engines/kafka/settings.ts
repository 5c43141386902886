export interface BrokerPlaces {
  /** Where the broker listens. */
  readonly port: number;
  readonly controller_port: number;
  /** A second listener for a proxy, and the proxy's own address, which that listener tells its clients. */
  readonly behind?: { readonly port: number; readonly advertised: string };
  readonly log_dir: string;
}

/** One node that is broker and controller, everything replicated once, nothing created by accident. */
export function serverProperties({ port, controller_port, behind, log_dir }: BrokerPlaces, version: string): string {
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`, `CONTROLLER://127.0.0.1:${controller_port}`];
  const advertised = [`PLAINTEXT://127.0.0.1:${port}`];
  if (behind) {
    listeners.push(`PROXIED://127.0.0.1:${behind.port}`);
    advertised.push(`PROXIED://${behind.advertised}`);
  }
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller_port}`,
    `listeners=${listeners.join(',')}`,
    `advertised.listeners=${advertised.join(',')}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT',
    `log.dirs=${log_dir}`,
    'num.partitions=3',
    'offsets.topic.num.partitions=3',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.num.partitions=3',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    // a killed broker may come back soon
    'broker.session.timeout.ms=2000',
    'broker.heartbeat.interval.ms=500',
    'log.cleaner.min.cleanable.ratio=0.01',
    'log.cleaner.backoff.ms=500',
  ];
  if (!version.startsWith('3.')) {
    lines.push('share.coordinator.state.topic.replication.factor=1', 'share.coordinator.state.topic.min.isr=1');
  }
  return `${lines.join('\n')}\n`;
}

/** Errors only, on stderr: log4j 1 for Kafka 3, log4j 2 for Kafka 4. */
export function loggingProperties(version: string): { readonly option: string; readonly text: string } {
  if (version.startsWith('3.')) {
    return {
      option: '-Dlog4j.configuration=file:',
      text: [
        'log4j.rootLogger=ERROR, err',
        'log4j.appender.err=org.apache.log4j.ConsoleAppender',
        'log4j.appender.err.target=System.err',
        'log4j.appender.err.layout=org.apache.log4j.PatternLayout',
        'log4j.appender.err.layout.ConversionPattern=%p %c %m%n',
      ].join('\n'),
    };
  }
  return {
    option: '-Dlog4j2.configurationFile=',
    text: [
      'appender.err.type=Console',
      'appender.err.name=err',
      'appender.err.target=SYSTEM_ERR',
      'appender.err.layout.type=PatternLayout',
      'appender.err.layout.pattern=%p %c %m%n',
      'rootLogger.level=ERROR',
      'rootLogger.appenderRef.err.ref=err',
    ].join('\n'),
  };
}

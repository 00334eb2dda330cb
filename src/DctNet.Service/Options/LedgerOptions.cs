using System.ComponentModel.DataAnnotations;

namespace DctNet.Service.Options;

/// <summary>The memory of what was made. Section <c>DctNet:Ledger</c>.</summary>
public sealed record LedgerOptions
{
    /// <summary>Defaults to true. Without a ledger a found watermark cannot be compared with the picture it was made for.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>SQLite file, for one server or several processes of one machine. Defaults to <c>ledger.db</c> in the data directory.</summary>
    public string? File { get; set => field = Setting.OrNone(value); }

    /// <summary>
    /// Npgsql connection string. Where it is set the ledger is in PostgreSQL, and any number of servers may share it. Defaults to none. A
    /// secret: give it by environment, it is never logged.
    /// </summary>
    public string? PostgresConnectionString { get; set => field = Setting.OrNone(value); }

    /// <summary>Records older than so many days are deleted, within an hour. Defaults to 0: kept until erased.</summary>
    [Range(0, 36_500)]
    public int RetentionDays { get; set; }

    /// <summary>
    /// Records that wait for a commit; more make their callers wait. Defaults to 1,024, a minute of a fast GPU server. It may hold as many
    /// manifests, some 10 KB each.
    /// </summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 1024;

    /// <summary>
    /// A call whose record is not committed by then fails with UNAVAILABLE, and is safe to repeat. Defaults to 10 seconds: longer than the
    /// failover of a managed database's connection, shorter than callers' patience.
    /// </summary>
    [Range(1, 600)]
    public int CommitTimeoutSeconds { get; set; } = 10;

    /// <summary>
    /// Gives C2PA manifests to everybody who asks with a mark, as content credentials are meant to be recovered. Defaults to false: only to
    /// the tenant for whom the picture was made.
    /// </summary>
    public bool PublicManifests { get; set; }
}

using System.Data.Common;
using DbUp;
using DbUp.Postgresql;
using Npgsql;

namespace DctNet.Service.Ledger;

/// <summary>PostgreSQL: one ledger for any number of servers.</summary>
internal sealed class PostgresDatabase(NpgsqlDataSource source) : LedgerDatabase(source)
{
    // SQLSTATE classes: data exception, integrity constraint violation, program limit exceeded.
    private static readonly string[] s_contentClasses = ["22", "23", "54"];

    private readonly NpgsqlDataSource _source = source;

    public override string Location => Describe(_source.ConnectionString);

    /// <exception cref="StartupException">It is no connection string.</exception>
    public static PostgresDatabase Connect(string connectionString)
    {
        try
        {
            // Slim: no reflection. TLS is the one part of the full builder that is wanted.
            var builder = new NpgsqlSlimDataSourceBuilder(connectionString);
            builder.EnableTransportSecurity();
            builder.ConnectionStringBuilder.ApplicationName ??= "dctnet";
            return new PostgresDatabase(builder.Build());
        }
        catch (ArgumentException)
        {
            // The exception's message may quote the secret.
            throw new StartupException("DctNet:Ledger:PostgresConnectionString is no Npgsql connection string (Host=...;Database=...).");
        }
    }

    public override bool IsAboutContent(DbException exception) =>
        exception is PostgresException { SqlState: { } state } && s_contentClasses.Any(known => state.StartsWith(known, StringComparison.Ordinal));

    protected override void Migrate()
    {
        var builder = DeployChanges.To.PostgresqlDatabase(new PostgresqlConnectionManager(_source));
        Upgrade(builder.JournalToPostgresqlTable(null, "ledger_migration"), "Postgres/");
    }

    private static string Describe(string connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        return $"PostgreSQL at {parts.Host}, database {parts.Database ?? parts.Username}";
    }
}

using System.Data;
using System.Data.Common;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;

namespace DctNet.Service.Ledger;

/// <summary>The statements, in the SQL that SQLite and PostgreSQL share, and the way of a record into a row and back.</summary>
internal static class LedgerSql
{
    /// <summary>A caller may retry an item without end; the newest so many files of it are looked at.</summary>
    private const int MaxOutputs = 100;

    /// <summary>Records that one deletion of many takes, so that it holds no lock for long.</summary>
    private const int RowsAtOnce = 1000;

    // A retry changes its record, and so holds it until it is committed: a sweep that comes to it meanwhile waits, and then sees that it is young.
    private const string Insert = """
        INSERT INTO ledger_record (watermark_id, key_id, parent_id, created_at, style, strength, model, perceptual_hash, tenant, idempotency_key)
        VALUES (@id, @key, @parent, @created, @style, @strength, @model, @look, @tenant, @item)
        ON CONFLICT (watermark_id, key_id) DO UPDATE SET renewed_at = @created WHERE ledger_record.tenant = @tenant;
        INSERT INTO ledger_output (watermark_id, key_id, sha256, created_at, manifest_id, manifest)
        SELECT @id, @key, @sha256, @created, @manifest_id, @manifest
        WHERE EXISTS (SELECT 1 FROM ledger_record WHERE watermark_id = @id AND key_id = @key AND tenant = @tenant)
        ON CONFLICT DO NOTHING
        """;

    private const string Select = """
        SELECT r.watermark_id, r.key_id, r.parent_id, r.created_at, r.style, r.model, r.perceptual_hash, r.tenant, r.idempotency_key,
               o.sha256, o.manifest_id, o.manifest, r.strength
        FROM ledger_record r JOIN ledger_output o ON o.watermark_id = r.watermark_id AND o.key_id = r.key_id
        """;

    private const string OldestRecords = """
        DELETE FROM ledger_record WHERE (watermark_id, key_id) IN
            (SELECT watermark_id, key_id FROM ledger_record WHERE created_at < @before AND (renewed_at IS NULL OR renewed_at < @before) LIMIT @rows)
            AND (renewed_at IS NULL OR renewed_at < @before)
        """;

    private const string RecordsOfTenant = """
        DELETE FROM ledger_record WHERE (watermark_id, key_id) IN
            (SELECT watermark_id, key_id FROM ledger_record WHERE tenant = @tenant LIMIT @rows)
        """;

    /// <summary>Adds a record, or a file to the record of its id. Changes no row where that is another tenant's.</summary>
    public static DbCommand Add(DbConnection connection, DbTransaction transaction, LedgerRecord record)
    {
        var command = Command(connection, Insert, Id(record.WatermarkId), Text("key", record.KeyId), Text("tenant", record.Tenant));
        command.Transaction = transaction;
        command.With(Text("parent", record.ParentId?.ToString()));
        command.With(Time("created", record.CreatedAt));
        command.With(Text("style", record.Style));
        command.With(new("strength", DbType.Single, record.Strength));
        command.With(Text("model", record.Model));
        command.With(Bytes("look", record.PerceptualHash));
        command.With(Text("item", record.IdempotencyKey.Length == 0 ? null : record.IdempotencyKey));
        command.With(Bytes("sha256", record.OutputSha256));
        command.With(Text("manifest_id", record.ManifestId));
        command.With(Bytes("manifest", record.Manifest));
        return command;
    }

    public static DbCommand Find(DbConnection connection, string? keyId, WatermarkId id) => Command(
        connection,
        $"{Select} WHERE r.watermark_id = @id AND (@key IS NULL OR r.key_id = @key) ORDER BY o.created_at DESC LIMIT {MaxOutputs}",
        Id(id),
        Text("key", keyId));

    public static DbCommand FindManifest(DbConnection connection, string manifestId) => Command(
        connection, $"{Select} WHERE o.manifest_id = @manifest_id LIMIT {MaxOutputs}", Text("manifest_id", manifestId));

    public static DbCommand Erase(DbConnection connection, WatermarkId id) =>
        Command(connection, "DELETE FROM ledger_record WHERE watermark_id = @id", Id(id));

    /// <summary>Deletes some of a tenant's records; run it until it deletes none.</summary>
    public static DbCommand EraseTenant(DbConnection connection, string tenant) => Command(
        connection, RecordsOfTenant, Text("tenant", tenant), new("rows", DbType.Int32, RowsAtOnce));

    /// <summary>
    /// Deletes some of the records from before a time, but none under which a file was given out since (a retry is recorded under the first try's
    /// id); run it until it deletes none.
    /// </summary>
    public static DbCommand Sweep(DbConnection connection, DateTimeOffset before) => Command(
        connection, OldestRecords, Time("before", before), new("rows", DbType.Int32, RowsAtOnce));

    public static LedgerRecord Read(DbDataReader row) => new()
    {
        WatermarkId = ParseId(row.GetString(0)),
        KeyId = row.GetString(1),
        ParentId = row.IsDBNull(2) ? null : ParseId(row.GetString(2)),
        CreatedAt = new DateTimeOffset(DateTime.SpecifyKind(row.GetDateTime(3), DateTimeKind.Utc)),
        Style = row.GetString(4),
        Model = row.GetString(5),
        PerceptualHash = ReadBytes(row, 6),
        Tenant = row.GetString(7),
        IdempotencyKey = row.IsDBNull(8) ? "" : row.GetString(8),
        OutputSha256 = row.GetFieldValue<byte[]>(9),
        ManifestId = row.IsDBNull(10) ? null : row.GetString(10),
        Manifest = ReadBytes(row, 11),
        Strength = row.IsDBNull(12) ? null : row.GetFloat(12),
    };

    private static DbCommand Command(DbConnection connection, string sql, params ReadOnlySpan<Parameter> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
        {
            command.With(parameter);
        }

        return command;
    }

    private static void With(this DbCommand command, Parameter parameter)
    {
        var added = command.CreateParameter();
        (added.ParameterName, added.DbType, added.Value) = (parameter.Name, parameter.Type, parameter.Value ?? DBNull.Value);
        command.Parameters.Add(added);
    }

    private static Parameter Id(WatermarkId id) => Text("id", id.ToString());

    private static Parameter Text(string name, string? value) => new(name, DbType.String, value);

    private static Parameter Time(string name, DateTimeOffset value) => new(name, DbType.DateTime, value.UtcDateTime);

    private static Parameter Bytes(string name, ReadOnlyMemory<byte>? value) => new(name, DbType.Binary, value?.ToArray());

    private static ReadOnlyMemory<byte>? ReadBytes(DbDataReader row, int column) =>
        row.IsDBNull(column) ? default(ReadOnlyMemory<byte>?) : row.GetFieldValue<byte[]>(column);

    private static WatermarkId ParseId(string text) =>
        WatermarkId.TryParse(text, out var id) ? id : throw new InvalidDataException("The ledger holds an id that is none.");

    private readonly record struct Parameter(string Name, DbType Type, object? Value);
}

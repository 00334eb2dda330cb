using System.Diagnostics;
using Npgsql;

namespace DctNet.Service.Tests.Ledger;

/// <summary>
/// A PostgreSQL server of the tests' own: data in a temporary directory, reached by a Unix socket in it. Where the tests run as root it runs
/// as the user that Debian's package made, because PostgreSQL refuses to be root.
/// </summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private const string User = "dctnet";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-pg-");
    private readonly string? _programs = FindPrograms();
    private int _databases;

    public async ValueTask InitializeAsync()
    {
        if (_programs is null)
        {
            return;
        }

        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "postgres", _directory.FullName);
        }

        await RunAsPostgresAsync("initdb", "-D", Data, "-U", User, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync");
        await StartAsync();
    }

    /// <summary>A connection string to a new, empty database.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        Require();
        var name = $"ledger_{Interlocked.Increment(ref _databases)}";
        await using var source = NpgsqlDataSource.Create(Connection("postgres"));
        await using var create = source.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync();
        return Connection(name);
    }

    public Task StartAsync()
    {
        // syncfs: after a crash each of a thousand files would be synced by itself, which takes half a minute on a busy disk.
        var settings = $"-c listen_addresses='' -c unix_socket_directories={_directory.FullName} -c recovery_init_sync_method=syncfs";
        return RunAsPostgresAsync("pg_ctl", "-D", Data, "-w", "-t", "170", "-l", Path.Combine(_directory.FullName, "log"), "-o", settings, "start");
    }

    /// <summary>As a power cut to the processes: no shutdown, recovery at the next start.</summary>
    public Task CrashAsync() => RunAsPostgresAsync("pg_ctl", "-D", Data, "-m", "immediate", "stop");

    public async ValueTask DisposeAsync()
    {
        if (_programs is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await CrashAsync();
        }

        _directory.Delete(recursive: true);
    }

    private string Data => Path.Combine(_directory.FullName, "data");

    private string Connection(string database) => $"Host={_directory.FullName};Username={User};Database={database};Timeout=60";

    private static string? FindPrograms()
    {
        string[] debian = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        var path = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [];
        return debian.Select(version => Path.Combine(version, "bin")).Concat(path).FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")));
    }

    private void Require()
    {
        if (_programs is null)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("DCTNET_REQUIRE_TOOLS") == "1", "PostgreSQL is not installed (Debian: postgresql).");
            Assert.Fail("PostgreSQL is not installed (Debian: postgresql).");
        }
    }

    private Task RunAsPostgresAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(_programs!, program);
        return Environment.IsPrivilegedProcess
            ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments])
            : RunAsync(path, arguments);
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        // pg_ctl leaves the server behind with its standard streams, so these are not read to their ends.
        var output = Path.Combine(_directory.FullName, "output");
        string[] shell = ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", output, program, .. arguments];
        var start = new ProcessStartInfo("/bin/sh", shell) { WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await process.WaitForExitAsync(patience.Token);
        Assert.True(process.ExitCode == 0, $"{program}: {await File.ReadAllTextAsync(output, patience.Token)}");
    }
}

[assembly: AssemblyFixture(typeof(DctNet.Cli.Tests.DataHome))]

namespace DctNet.Cli.Tests;

/// <summary>
/// A data directory of the test run's own, so that no test touches the user's keys. Many services share its ledger: a disk that they keep busy is
/// no outage.
/// </summary>
public sealed class DataHome : IDisposable
{
    private const string Variable = "DCTNET_HOME";
    private const string Patience = "DctNet__Ledger__CommitTimeoutSeconds";

    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);

    public DataHome()
    {
        Environment.SetEnvironmentVariable(Variable, Path);
        Environment.SetEnvironmentVariable(Patience, "60");
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("dctnet-home-").FullName;

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, _before);
        Environment.SetEnvironmentVariable(Patience, null);
        Directory.Delete(Path, recursive: true);
    }
}

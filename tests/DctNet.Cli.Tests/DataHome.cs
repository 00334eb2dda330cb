[assembly: AssemblyFixture(typeof(DctNet.Cli.Tests.DataHome))]

namespace DctNet.Cli.Tests;

/// <summary>A data directory of the test run's own, so that no test touches the user's keys.</summary>
public sealed class DataHome : IDisposable
{
    private const string Variable = "DCTNET_HOME";

    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);

    public DataHome() => Environment.SetEnvironmentVariable(Variable, Path);

    public string Path { get; } = Directory.CreateTempSubdirectory("dctnet-home-").FullName;

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, _before);
        Directory.Delete(Path, recursive: true);
    }
}

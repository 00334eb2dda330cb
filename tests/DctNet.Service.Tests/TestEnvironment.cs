using System.Runtime.CompilerServices;
using DctNet.Core;

namespace DctNet.Service.Tests;

/// <summary>Where tests find things, and a data directory that is not the developer's.</summary>
internal static class TestEnvironment
{
    private static readonly string s_home = Directory.CreateTempSubdirectory("dctnet-service-tests-").FullName;

    /// <summary>The repository's root: the directory above the tests that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    public static string SamplePath { get; } = Path.Combine(Root, "samples", "portrait.jpg");

    public static byte[] Sample { get; } = File.ReadAllBytes(SamplePath);

    /// <summary>True where a missing tool is a failure rather than a skip.</summary>
    public static bool RequiresTools => Environment.GetEnvironmentVariable("DCTNET_REQUIRE_TOOLS") == "1";

    [ModuleInitializer]
    internal static void UseOwnHome()
    {
        Environment.SetEnvironmentVariable(DataDirectory.EnvironmentVariable, s_home);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(s_home, recursive: true);
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "DctNet.Grpc.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests run outside the repository.");
        }

        return directory.FullName;
    }
}

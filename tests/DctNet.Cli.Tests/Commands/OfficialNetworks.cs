namespace DctNet.Cli.Tests.Commands;

/// <summary>The official DCT-Net weights in ../shared/models/dctnet, beside the repository; a test that needs them is skipped where they are not.</summary>
internal static class OfficialNetworks
{
    public static string Directory { get; } = Find();

    public static void SkipUnlessThere() =>
        Assert.SkipUnless(System.IO.Directory.Exists(Directory), "The official weights are not beside the repository (../shared/models/dctnet).");

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "DctNet.Grpc.sln")))
            {
                return Path.GetFullPath(Path.Combine(directory.FullName, "..", "shared", "models", "dctnet"));
            }
        }

        return "";
    }
}

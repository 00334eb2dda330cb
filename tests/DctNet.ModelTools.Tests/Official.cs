namespace DctNet.ModelTools.Tests;

/// <summary>The official weights and photos beside the repository; a test that needs them is skipped where they are not.</summary>
internal static class Official
{
    private static readonly string? s_shared = Find();

    public static string Networks(string file) => Path("models", "dctnet", file);

    public static string Photo(string file) => Path("data", "portraits-cc0", file);

    private static string Path(params string[] parts)
    {
        var path = s_shared is null ? null : System.IO.Path.Combine([s_shared, .. parts]);
        Assert.SkipUnless(File.Exists(path), $"../shared/{string.Join('/', parts)} is not beside the repository.");
        return path!;
    }

    private static string? Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "DctNet.Grpc.sln")))
            {
                return System.IO.Path.GetFullPath(System.IO.Path.Combine(directory.FullName, "..", "shared"));
            }
        }

        return null;
    }
}

namespace DctNet.Cli.Commands;

/// <summary>Checks of inputs before anything is started for them.</summary>
internal static class InputFiles
{
    /// <summary>What is wrong with a path, or null where a file is there.</summary>
    public static string? Check(string path)
    {
        if (File.Exists(path))
        {
            return null;
        }

        return Directory.Exists(path) ? "is a directory; --recursive takes the pictures in it" : "no such file";
    }
}

namespace DctNet.Cli.Commands;

/// <summary>Checks of inputs before anything is started for them.</summary>
internal static class InputFiles
{
    /// <summary>What is wrong with a path, or null where a file is there.</summary>
    /// <param name="path">As it was given.</param>
    /// <param name="hasRecursive">Whether the command has --recursive.</param>
    public static string? Check(string path, bool hasRecursive = false)
    {
        if (File.Exists(path))
        {
            return null;
        }

        return !Directory.Exists(path) ? "no such file" : hasRecursive ? "is a directory; --recursive takes the pictures in it" : "is a directory";
    }

    /// <summary>A file's bytes, or what keeps them from being read: that concerns an input, and not the results or the service.</summary>
    public static async Task<(byte[] Bytes, string? Problem)> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (Check(path) is { } problem)
        {
            return ([], problem);
        }

        try
        {
            return (await File.ReadAllBytesAsync(path, cancellationToken), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ([], e.Message);
        }
    }
}

namespace DctNet.Cli.Files;

/// <summary>One spelling for a file, whatever links lead to it.</summary>
internal static class CanonicalPath
{
    /// <summary>Tells canonical paths apart as the file system does.</summary>
    public static StringComparer Comparer { get; } = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    /// <summary>The absolute path with the symbolic links of every part that exists resolved.</summary>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var current = Path.GetPathRoot(full)!;
        foreach (var part in full[current.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            current = Path.Combine(current, part);
            if (LinkTarget(current) is { } target)
            {
                current = Of(target);
            }
        }

        return current;
    }

    // A link that leads nowhere, or to itself, has no other name than its own.
    private static string? LinkTarget(string path)
    {
        try
        {
            return Path.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target && Path.Exists(target.FullName)
                ? target.FullName
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}

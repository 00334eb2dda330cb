using System.IO.Enumeration;

namespace DctNet.Cli.Files;

/// <summary>The pictures below a directory.</summary>
internal static class InputTree
{
    private static readonly string[] s_extensions = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".tif", ".tiff"];

    /// <summary>Files with a picture's extension, in the order of their names; not through links to directories, which may lead in circles.</summary>
    public static IReadOnlyList<string> List(string root) =>
    [
        .. new FileSystemEnumerable<string>(
            root, (ref entry) => entry.ToSpecifiedFullPath(), new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
        {
            ShouldIncludePredicate = (ref entry) =>
                !entry.IsDirectory && Array.Exists(s_extensions, Path.GetExtension(entry.FileName.ToString()).ToLowerInvariant().Equals),
            ShouldRecursePredicate = (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        }.Order(StringComparer.Ordinal),
    ];

    /// <summary>The same files, but not those in <paramref name="except"/>.</summary>
    /// <param name="root">The directory as it was given.</param>
    /// <param name="except">Where results go: they are no inputs.</param>
    /// <returns>Paths below <paramref name="root"/>, each with its directory relative to that.</returns>
    public static IReadOnlyList<(string Path, string Folder)> List(string root, string except)
    {
        var outputs = CanonicalPath.Of(except) + Path.DirectorySeparatorChar;
        return
        [
            .. List(root).Where(file => !CanonicalPath.Of(file).StartsWith(outputs, StringComparison.Ordinal))
                .Select(file => (file, Path.GetDirectoryName(Path.GetRelativePath(root, file))!)),
        ];
    }
}

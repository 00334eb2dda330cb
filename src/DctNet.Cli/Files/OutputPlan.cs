namespace DctNet.Cli.Files;

/// <summary>Gives every input a path of its own in the output directory.</summary>
internal static class OutputPlan
{
    /// <summary>
    /// <c>DIR/name.ext</c>; where an earlier input has that path, or where it is an input or a directory, <c>name-2.ext</c> and so on.
    /// The same inputs in the same order get the same paths, so a second run replaces the results of the first.
    /// </summary>
    /// <param name="inputs">Paths as they were given.</param>
    /// <param name="directory">The output directory as it was given.</param>
    /// <param name="extension">With its dot.</param>
    /// <returns>A path for each input, in order, below <paramref name="directory"/>.</returns>
    public static IReadOnlyList<string> Make(IReadOnlyList<string> inputs, string directory, string extension)
        => Make([.. inputs.Select(input => (input, ""))], directory, extension, new Dictionary<string, string>());

    /// <summary>As above, with a directory below the output directory for each input, and with what an earlier run has planned.</summary>
    /// <param name="inputs">Paths as they were given, and where below <paramref name="directory"/> their results go.</param>
    /// <param name="directory">The output directory as it was given.</param>
    /// <param name="extension">With its dot.</param>
    /// <param name="planned">Outputs that are settled, by canonical input, unless they are inputs now.</param>
    public static IReadOnlyList<string> Make(
        IReadOnlyList<(string Path, string Folder)> inputs, string directory, string extension, IReadOnlyDictionary<string, string> planned)
    {
        string[] canonical = [.. inputs.Select(input => CanonicalPath.Of(input.Path))];
        var originals = new HashSet<string>(canonical, CanonicalPath.Comparer);
        var taken = new HashSet<string>(canonical.Concat(planned.Values.Select(CanonicalPath.Of)), CanonicalPath.Comparer);
        var outputs = new string[inputs.Count];
        for (var i = 0; i < outputs.Length; i++)
        {
            // What was planned for one input may have become another since, as where results go beside the pictures.
            if (planned.TryGetValue(canonical[i], out var output) && !originals.Contains(CanonicalPath.Of(output)))
            {
                outputs[i] = output;
                continue;
            }

            var name = Path.GetFileNameWithoutExtension(inputs[i].Path);
            var folder = Path.Combine(directory, inputs[i].Folder);
            output = Path.Combine(folder, name + extension);
            for (var n = 2; Directory.Exists(output) || !taken.Add(CanonicalPath.Of(output)); n++)
            {
                output = Path.Combine(folder, $"{name}-{n}{extension}");
            }

            outputs[i] = output;
        }

        return outputs;
    }
}

namespace DctNet.C2pa;

/// <summary>What the source is to the picture.</summary>
public enum SourceRelationship
{
    /// <summary>It was given to a model, which made a new picture: <c>inputTo</c>, and the picture's first action is <c>c2pa.created</c>.</summary>
    InputTo,

    /// <summary>The picture is an edited version of it: <c>parentOf</c>, and the first actions are <c>c2pa.opened</c> and <c>c2pa.edited</c>.</summary>
    ParentOf,
}
